-- +goose Up
CREATE TABLE operator_keys (id {{text}} PRIMARY KEY, doc {{text}} NOT NULL, version BIGINT NOT NULL, expires BIGINT NOT NULL);

CREATE TABLE dropped_pools (id {{text}} PRIMARY KEY, doc {{text}} NOT NULL, version BIGINT NOT NULL, expires BIGINT NOT NULL);
CREATE INDEX dropped_pools_expires ON dropped_pools (expires);

CREATE TABLE user_counts (pool {{text}} NOT NULL, part {{text}} NOT NULL, n BIGINT NOT NULL, PRIMARY KEY (pool, part));
INSERT INTO user_counts (pool, part, n) SELECT pool, substr(sub, 1, 1), count(*) FROM users GROUP BY pool, substr(sub, 1, 1);
