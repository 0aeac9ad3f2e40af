-- +goose Up
CREATE TABLE resource_servers (pool {{text}} NOT NULL, identifier {{text}} NOT NULL, doc {{text}} NOT NULL, version BIGINT NOT NULL, expires BIGINT NOT NULL, PRIMARY KEY (pool, identifier));
