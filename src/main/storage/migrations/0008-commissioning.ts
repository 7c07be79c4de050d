/** What a person decided about a site that is not safe by itself, and how each box's fall-back showed itself when it was cut off. */
export const COMMISSIONING = `
CREATE TABLE arming_decision (
  no INTEGER PRIMARY KEY,
  at_ms INTEGER NOT NULL CHECK (at_ms >= 0),
  author TEXT NOT NULL CHECK (length(author) BETWEEN 1 AND 64),
  decision TEXT NOT NULL CHECK (decision IN ('overridden', 'withdrawn', 'lapsed')),
  reason TEXT NOT NULL CHECK (length(reason) <= 1000),
  risks TEXT NOT NULL CHECK (json_valid(risks))
) STRICT;
CREATE TRIGGER arming_decision_no_update BEFORE UPDATE ON arming_decision BEGIN SELECT RAISE(ABORT, 'arming_decision is append-only'); END;
CREATE TRIGGER arming_decision_no_delete BEFORE DELETE ON arming_decision BEGIN SELECT RAISE(ABORT, 'arming_decision is append-only'); END;

CREATE TABLE fallback_test (
  no INTEGER PRIMARY KEY,
  station_id TEXT NOT NULL REFERENCES station (id),
  at_ms INTEGER NOT NULL CHECK (at_ms >= 0),
  author TEXT NOT NULL CHECK (length(author) BETWEEN 1 AND 64),
  outcome TEXT NOT NULL CHECK (length(outcome) BETWEEN 1 AND 32),
  before_mA INTEGER NOT NULL CHECK (before_mA BETWEEN 0 AND 1000000),
  promised_mA INTEGER NOT NULL CHECK (promised_mA BETWEEN 0 AND 1000000),
  kept_mA INTEGER CHECK (kept_mA BETWEEN 0 AND 1000000),
  silent_ms INTEGER CHECK (silent_ms >= 0),
  serial TEXT,
  firmware TEXT
) STRICT;
CREATE INDEX fallback_test_station ON fallback_test (station_id, no);
CREATE TRIGGER fallback_test_no_update BEFORE UPDATE ON fallback_test BEGIN SELECT RAISE(ABORT, 'fallback_test is append-only'); END;
CREATE TRIGGER fallback_test_no_delete BEFORE DELETE ON fallback_test BEGIN SELECT RAISE(ABORT, 'fallback_test is append-only'); END;
`;
