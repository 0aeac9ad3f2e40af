-- +goose Up
-- A person's browser sessions are listed; those from before stay unlisted for
-- the hour that they live.
ALTER TABLE browser_sessions ADD COLUMN sub {{text}} NOT NULL DEFAULT '';
CREATE INDEX browser_sessions_sub ON browser_sessions (pool, sub, hash);
