-- +goose Up
CREATE TABLE ui_customizations (pool {{text}} NOT NULL, client {{text}} NOT NULL, doc {{text}} NOT NULL, version BIGINT NOT NULL, expires BIGINT NOT NULL, PRIMARY KEY (pool, client));
CREATE TABLE ui_logos (pool {{text}} NOT NULL, client {{text}} NOT NULL, doc {{text}} NOT NULL, version BIGINT NOT NULL, expires BIGINT NOT NULL, PRIMARY KEY (pool, client));
