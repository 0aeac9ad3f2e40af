-- +goose Up
CREATE TABLE identity_providers (pool {{text}} NOT NULL, name {{text}} NOT NULL, doc {{text}} NOT NULL, version BIGINT NOT NULL, expires BIGINT NOT NULL, PRIMARY KEY (pool, name));
CREATE TABLE provider_keys (pool {{text}} NOT NULL, kind {{text}} NOT NULL, value {{text}} NOT NULL, doc {{text}} NOT NULL, version BIGINT NOT NULL, expires BIGINT NOT NULL, PRIMARY KEY (pool, kind, value));
