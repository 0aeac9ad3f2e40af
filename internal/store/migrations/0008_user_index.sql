-- +goose Up
-- What users are listed by. That of the users who are there is written by
-- userindex_fill.go: the databases do not fold letters alike.
CREATE TABLE user_index (pool {{text}} NOT NULL, attribute {{text}} NOT NULL, value {{text}} NOT NULL, sub {{text}} NOT NULL, PRIMARY KEY (pool, attribute, value, sub));
