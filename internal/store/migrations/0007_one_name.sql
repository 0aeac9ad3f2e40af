-- +goose Up
-- A preferred username that is an alias takes the entry of a username. Where
-- somebody else has that as their username, it led to them already.
INSERT INTO user_names (pool, kind, folded, sub) SELECT pool, 'username', folded, sub FROM user_names WHERE kind = 'preferred_username' ON CONFLICT DO NOTHING;
DELETE FROM user_names WHERE kind = 'preferred_username';
