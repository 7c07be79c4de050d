/** What an owner asked of OCPP boxes beyond charging, and what the boxes told by themselves. The oldest rows are dropped. */
export const OCPP_RECORD = `
CREATE TABLE ocpp_request (
  no INTEGER PRIMARY KEY,
  identity TEXT NOT NULL CHECK (length(identity) BETWEEN 1 AND 255),
  station_id TEXT NOT NULL,
  at_ms INTEGER NOT NULL CHECK (at_ms >= 0),
  asked TEXT NOT NULL,
  -- Of a reservation, a list or a setting: what is needed to know whether it still holds. Nothing secret.
  about TEXT NOT NULL CHECK (json_valid(about)),
  outcome TEXT NOT NULL,
  words TEXT NOT NULL
) STRICT;
CREATE INDEX ocpp_request_identity ON ocpp_request (identity, no);

CREATE TABLE ocpp_report (
  no INTEGER PRIMARY KEY,
  identity TEXT NOT NULL CHECK (length(identity) BETWEEN 1 AND 255),
  at_ms INTEGER NOT NULL CHECK (at_ms >= 0),
  name TEXT NOT NULL,
  status TEXT,
  about INTEGER
) STRICT;
CREATE INDEX ocpp_report_identity ON ocpp_report (identity, no);
`;
