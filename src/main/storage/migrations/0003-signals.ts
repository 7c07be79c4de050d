/** What external limits did and how fast they were kept, and the seconds around every overload. Facts: only added to. */
export const SIGNALS = `
CREATE TABLE signal_event (
  no INTEGER PRIMARY KEY,
  signal_id TEXT NOT NULL CHECK (length(signal_id) BETWEEN 1 AND 64),
  circuit_id TEXT NOT NULL CHECK (length(circuit_id) BETWEEN 1 AND 64),
  imposed_at_ms INTEGER NOT NULL CHECK (imposed_at_ms >= 0),
  at_ms INTEGER NOT NULL CHECK (at_ms >= 0),
  kind TEXT NOT NULL CHECK (kind IN ('imposed', 'sent', 'complied', 'late', 'released')),
  why TEXT NOT NULL CHECK (why IN ('asked', 'fail-safe')),
  limit_mA INTEGER CHECK (limit_mA >= 0),
  limit_W INTEGER CHECK (limit_W >= 0)
) STRICT;
CREATE INDEX signal_event_imposed ON signal_event (imposed_at_ms, signal_id);
CREATE TRIGGER signal_event_no_update BEFORE UPDATE ON signal_event
  BEGIN SELECT RAISE(ABORT, 'signal_event is append-only'); END;

CREATE TABLE overload (
  no INTEGER PRIMARY KEY,
  circuit_id TEXT NOT NULL CHECK (length(circuit_id) BETWEEN 1 AND 64),
  began_at_ms INTEGER NOT NULL CHECK (began_at_ms >= 0)
) STRICT;
CREATE INDEX overload_circuit ON overload (circuit_id, began_at_ms);

CREATE TABLE overload_end (
  overload_no INTEGER PRIMARY KEY REFERENCES overload (no) ON DELETE CASCADE,
  ended_at_ms INTEGER NOT NULL CHECK (ended_at_ms >= 0),
  peak_permille INTEGER NOT NULL CHECK (peak_permille >= 0)
) STRICT;

CREATE TABLE overload_row (
  overload_no INTEGER NOT NULL REFERENCES overload (no) ON DELETE CASCADE,
  at_ms INTEGER NOT NULL CHECK (at_ms >= 0),
  current_l1_mA INTEGER NOT NULL, current_l2_mA INTEGER NOT NULL, current_l3_mA INTEGER NOT NULL,
  limit_l1_mA INTEGER NOT NULL, limit_l2_mA INTEGER NOT NULL, limit_l3_mA INTEGER NOT NULL,
  other_l1_mA INTEGER NOT NULL, other_l2_mA INTEGER NOT NULL, other_l3_mA INTEGER NOT NULL,
  granted_l1_mA INTEGER NOT NULL, granted_l2_mA INTEGER NOT NULL, granted_l3_mA INTEGER NOT NULL,
  action TEXT NOT NULL CHECK (action IN ('normal', 'shed', 'hard', 'pause-all')),
  PRIMARY KEY (overload_no, at_ms)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER overload_row_no_update BEFORE UPDATE ON overload_row
  BEGIN SELECT RAISE(ABORT, 'overload_row is append-only'); END;
`;
