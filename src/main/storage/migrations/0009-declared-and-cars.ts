/** What was typed of a session's stay, for good; and what the last visits of a card showed of its car, which is replaced. */
export const DECLARED_AND_CARS = `
-- The last row of a session is what holds; both empty: what was said was taken back.
CREATE TABLE session_declared (
  no INTEGER PRIMARY KEY,
  session_no INTEGER NOT NULL REFERENCES session_open (no),
  at_ms INTEGER NOT NULL CHECK (at_ms >= 0),
  departure_ms INTEGER CHECK (departure_ms >= 0),
  needed_Wh INTEGER CHECK (needed_Wh >= 0)
) STRICT;
CREATE INDEX session_declared_session ON session_declared (session_no, no);
CREATE TRIGGER session_declared_no_update BEFORE UPDATE ON session_declared BEGIN SELECT RAISE(ABORT, 'session_declared is append-only'); END;
CREATE TRIGGER session_declared_no_delete BEFORE DELETE ON session_declared BEGIN SELECT RAISE(ABORT, 'session_declared is append-only'); END;

CREATE TABLE card_car (
  id_token TEXT PRIMARY KEY COLLATE NOCASE CHECK (length(id_token) BETWEEN 1 AND 255),
  visits TEXT NOT NULL CHECK (json_valid(visits)),
  saved_at_ms INTEGER NOT NULL CHECK (saved_at_ms >= 0)
) STRICT, WITHOUT ROWID;
`;
