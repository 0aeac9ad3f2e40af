-- +goose Up
CREATE TABLE user_groups (pool {{text}} NOT NULL, name {{text}} NOT NULL, doc {{text}} NOT NULL, version BIGINT NOT NULL, expires BIGINT NOT NULL, PRIMARY KEY (pool, name));
CREATE TABLE group_members (pool {{text}} NOT NULL, name {{text}} NOT NULL, sub {{text}} NOT NULL, PRIMARY KEY (pool, name, sub));
CREATE INDEX group_members_sub ON group_members (pool, sub, name);
