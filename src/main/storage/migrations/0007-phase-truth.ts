/** What is known of how bays hang on the site's phases. Evidence is replaced; what was found and decided is kept for good. */
export const PHASE_TRUTH = `
CREATE TABLE phase_evidence (
  station_id TEXT PRIMARY KEY REFERENCES station (id),
  scores TEXT NOT NULL CHECK (json_valid(scores)),
  steps INTEGER NOT NULL CHECK (steps >= 0),
  since_ms INTEGER NOT NULL CHECK (since_ms >= 0),
  saved_at_ms INTEGER NOT NULL CHECK (saved_at_ms >= 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE phase_finding (
  no INTEGER PRIMARY KEY,
  station_id TEXT NOT NULL REFERENCES station (id),
  at_ms INTEGER NOT NULL CHECK (at_ms >= 0),
  author TEXT NOT NULL CHECK (length(author) BETWEEN 1 AND 64),
  method TEXT NOT NULL CHECK (method IN ('test', 'operation', 'accepted')),
  configured TEXT NOT NULL,
  found TEXT NOT NULL,
  confidence_permille INTEGER NOT NULL CHECK (confidence_permille BETWEEN 0 AND 1000),
  steps INTEGER NOT NULL CHECK (steps >= 0),
  outcome TEXT NOT NULL CHECK (length(outcome) BETWEEN 1 AND 32)
) STRICT;
CREATE INDEX phase_finding_station ON phase_finding (station_id, no);
CREATE TRIGGER phase_finding_no_update BEFORE UPDATE ON phase_finding BEGIN SELECT RAISE(ABORT, 'phase_finding is append-only'); END;
CREATE TRIGGER phase_finding_no_delete BEFORE DELETE ON phase_finding BEGIN SELECT RAISE(ABORT, 'phase_finding is append-only'); END;

-- On how many phases the car of a session was seen to charge.
CREATE TABLE session_phases (
  session_id TEXT PRIMARY KEY CHECK (length(session_id) BETWEEN 1 AND 200),
  station_id TEXT NOT NULL,
  at_ms INTEGER NOT NULL CHECK (at_ms >= 0),
  phases INTEGER NOT NULL CHECK (phases BETWEEN 1 AND 3)
) STRICT, WITHOUT ROWID;
CREATE INDEX session_phases_at ON session_phases (at_ms);
`;
