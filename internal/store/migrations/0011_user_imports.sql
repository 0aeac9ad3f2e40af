-- +goose Up
CREATE TABLE import_jobs (pool {{text}} NOT NULL, id {{text}} NOT NULL, doc {{text}} NOT NULL, version BIGINT NOT NULL, expires BIGINT NOT NULL, PRIMARY KEY (pool, id));
CREATE INDEX import_jobs_expires ON import_jobs (expires);
-- The jobs that run: each is its holder's until it is due again.
CREATE TABLE import_queue (pool {{text}} NOT NULL, job {{text}} NOT NULL, due BIGINT NOT NULL, holder {{text}} NOT NULL, PRIMARY KEY (pool, job));
CREATE INDEX import_queue_due ON import_queue (due);
-- An upload and its pieces, sealed. What has expired is removed piece by piece.
CREATE TABLE import_files (pool {{text}} NOT NULL, upload {{text}} NOT NULL, expires BIGINT NOT NULL, PRIMARY KEY (pool, upload));
CREATE INDEX import_files_expires ON import_files (expires);
CREATE TABLE import_chunks (pool {{text}} NOT NULL, upload {{text}} NOT NULL, part {{text}} NOT NULL, doc {{text}} NOT NULL, version BIGINT NOT NULL, expires BIGINT NOT NULL, PRIMARY KEY (pool, upload, part));
CREATE TABLE import_failures (pool {{text}} NOT NULL, job {{text}} NOT NULL, line {{text}} NOT NULL, doc {{text}} NOT NULL, version BIGINT NOT NULL, expires BIGINT NOT NULL, PRIMARY KEY (pool, job, line));
CREATE INDEX import_failures_expires ON import_failures (expires);
