// Version 2: what was found out about OCPP stations, and what they must present to be let in.

/** Facts can be found out again and are replaced; passwords are kept as salted hashes alone. */
export const DEVICE_FACTS = `
CREATE TABLE ocpp_facts (
  identity TEXT NOT NULL CHECK (length(identity) BETWEEN 1 AND 64),
  connector_id INTEGER NOT NULL CHECK (connector_id >= 0),
  at_ms INTEGER NOT NULL CHECK (at_ms >= 0),
  firmware TEXT,
  document TEXT NOT NULL CHECK (json_valid(document)),
  PRIMARY KEY (identity, connector_id)
) STRICT, WITHOUT ROWID;

-- More than one while a station has been told a new password and has not dialled in with it yet.
CREATE TABLE ocpp_password (
  no INTEGER PRIMARY KEY,
  identity TEXT NOT NULL CHECK (length(identity) BETWEEN 1 AND 64),
  salt BLOB NOT NULL CHECK (length(salt) = 16),
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  since_ms INTEGER NOT NULL CHECK (since_ms >= 0)
) STRICT;
CREATE INDEX ocpp_password_identity ON ocpp_password (identity, no);
`;
