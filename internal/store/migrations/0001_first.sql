-- +goose Up
CREATE TABLE settings (name {{text}} PRIMARY KEY, doc {{text}} NOT NULL, version BIGINT NOT NULL, expires BIGINT NOT NULL);
CREATE TABLE pools (id {{text}} PRIMARY KEY, doc {{text}} NOT NULL, version BIGINT NOT NULL, expires BIGINT NOT NULL);
CREATE TABLE clients (pool {{text}} NOT NULL, id {{text}} NOT NULL, doc {{text}} NOT NULL, version BIGINT NOT NULL, expires BIGINT NOT NULL, PRIMARY KEY (pool, id));
CREATE UNIQUE INDEX clients_id ON clients (id);
CREATE TABLE domains (domain {{text}} PRIMARY KEY, pool {{text}} NOT NULL, doc {{text}} NOT NULL, version BIGINT NOT NULL);
CREATE INDEX domains_pool ON domains (pool, domain);
CREATE TABLE signing_keys (pool {{text}} NOT NULL, slot {{text}} NOT NULL, doc {{text}} NOT NULL, version BIGINT NOT NULL, expires BIGINT NOT NULL, PRIMARY KEY (pool, slot));

CREATE TABLE users (pool {{text}} NOT NULL, sub {{text}} NOT NULL, doc {{text}} NOT NULL, version BIGINT NOT NULL, PRIMARY KEY (pool, sub));
CREATE TABLE user_names (pool {{text}} NOT NULL, kind {{text}} NOT NULL, folded {{text}} NOT NULL, sub {{text}} NOT NULL, PRIMARY KEY (pool, kind, folded));
CREATE INDEX user_names_sub ON user_names (pool, sub);

CREATE TABLE mailed_codes (pool {{text}} NOT NULL, owner {{text}} NOT NULL, purpose {{text}} NOT NULL, doc {{text}} NOT NULL, version BIGINT NOT NULL, expires BIGINT NOT NULL, PRIMARY KEY (pool, owner, purpose));
CREATE INDEX mailed_codes_expires ON mailed_codes (expires);
CREATE TABLE windows (pool {{text}} NOT NULL, owner {{text}} NOT NULL, action {{text}} NOT NULL, doc {{text}} NOT NULL, version BIGINT NOT NULL, expires BIGINT NOT NULL, PRIMARY KEY (pool, owner, action));
CREATE INDEX windows_expires ON windows (expires);
CREATE TABLE lockouts (pool {{text}} NOT NULL, owner {{text}} NOT NULL, doc {{text}} NOT NULL, version BIGINT NOT NULL, expires BIGINT NOT NULL, PRIMARY KEY (pool, owner));
CREATE INDEX lockouts_expires ON lockouts (expires);
CREATE TABLE sessions (pool {{text}} NOT NULL, hash {{text}} NOT NULL, doc {{text}} NOT NULL, version BIGINT NOT NULL, expires BIGINT NOT NULL, PRIMARY KEY (pool, hash));
CREATE INDEX sessions_expires ON sessions (expires);
CREATE TABLE browser_sessions (pool {{text}} NOT NULL, hash {{text}} NOT NULL, doc {{text}} NOT NULL, version BIGINT NOT NULL, expires BIGINT NOT NULL, PRIMARY KEY (pool, hash));
CREATE INDEX browser_sessions_hash ON browser_sessions (hash);
CREATE INDEX browser_sessions_expires ON browser_sessions (expires);

CREATE TABLE codes (pool {{text}} NOT NULL, hash {{text}} NOT NULL, client {{text}} NOT NULL, grant_id {{text}} NOT NULL, spent BIGINT NOT NULL, doc {{text}} NOT NULL, expires BIGINT NOT NULL, PRIMARY KEY (pool, hash));
CREATE INDEX codes_expires ON codes (expires);
CREATE TABLE grants (pool {{text}} NOT NULL, id {{text}} NOT NULL, client {{text}} NOT NULL, sub {{text}} NOT NULL, doc {{text}} NOT NULL, version BIGINT NOT NULL, expires BIGINT NOT NULL, PRIMARY KEY (pool, id));
CREATE INDEX grants_sub ON grants (pool, sub, id);
CREATE INDEX grants_expires ON grants (expires);

CREATE TABLE mails (pool {{text}} NOT NULL, id {{text}} NOT NULL, due BIGINT NOT NULL, state {{text}} NOT NULL, recipient {{text}} NOT NULL, created BIGINT NOT NULL, doc {{text}} NOT NULL, expires BIGINT NOT NULL, PRIMARY KEY (pool, id));
CREATE INDEX mails_due ON mails (state, due);
CREATE INDEX mails_created ON mails (created, id);
CREATE INDEX mails_expires ON mails (expires);
