-- +goose Up
-- The audit trail: ids are in the order of time, so that a page by time is one
-- by the key. fold is what is the same in refusals that are counted in one row,
-- about is the event that a feedback is about.
CREATE TABLE events (pool {{text}} NOT NULL, id {{text}} NOT NULL, subject {{text}} NOT NULL, kind {{text}} NOT NULL, about {{text}} NOT NULL, fold {{text}} NOT NULL, n BIGINT NOT NULL, last BIGINT NOT NULL, doc {{text}} NOT NULL, PRIMARY KEY (pool, id));
CREATE INDEX events_subject ON events (pool, subject, id) WHERE subject <> '';
CREATE INDEX events_about ON events (pool, about, id) WHERE about <> '';
CREATE UNIQUE INDEX events_fold ON events (pool, fold) WHERE fold <> '';
