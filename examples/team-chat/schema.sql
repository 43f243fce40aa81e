-- Servers that start at the same time create the tables one after the other: the lock is held until the end of the transaction.
SELECT pg_advisory_xact_lock(hashtext('team-chat'));

CREATE TABLE IF NOT EXISTS accounts (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE,
  salt bytea NOT NULL,
  hash bytea NOT NULL
);

CREATE TABLE IF NOT EXISTS messages (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  room text NOT NULL,
  author bigint NOT NULL REFERENCES accounts,
  text text NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX IF NOT EXISTS messages_of_room ON messages (room, id);
