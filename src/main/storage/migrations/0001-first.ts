// Version 1 of the database. Released migrations are never edited: what changes comes as the next number.
// Money and sessions are facts: tables named in APPEND_ONLY refuse UPDATE and DELETE, whoever asks.

const TABLES = `
CREATE TABLE site_version (
  no INTEGER PRIMARY KEY,
  at_ms INTEGER NOT NULL CHECK (at_ms >= 0),
  author TEXT NOT NULL,
  document TEXT NOT NULL CHECK (json_valid(document))
) STRICT;

-- Names of all stations that ever were, so that an old session still says where it was.
CREATE TABLE station (
  id TEXT PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
  name TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE seller_version (
  no INTEGER PRIMARY KEY,
  at_ms INTEGER NOT NULL CHECK (at_ms >= 0),
  document TEXT NOT NULL CHECK (json_valid(document))
) STRICT;

CREATE TABLE tariff_version (
  no INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  valid_from_ms INTEGER NOT NULL,
  currency TEXT NOT NULL CHECK (length(currency) = 3),
  document TEXT NOT NULL CHECK (json_valid(document))
) STRICT;
CREATE INDEX tariff_version_valid_from ON tariff_version (valid_from_ms, no);

CREATE TABLE customer (
  no INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  address TEXT NOT NULL CHECK (length(address) <= 500),
  email TEXT,
  vat_id TEXT CHECK (length(vat_id) <= 40),
  saved_at_ms INTEGER NOT NULL CHECK (saved_at_ms >= 0)
) STRICT;

-- OCPP 1.6 idTag is a CiString: case does not tell two cards apart.
CREATE TABLE card (
  id_token TEXT PRIMARY KEY COLLATE NOCASE CHECK (length(id_token) BETWEEN 1 AND 255),
  customer_id TEXT NOT NULL REFERENCES customer (id),
  blocked INTEGER NOT NULL CHECK (blocked IN (0, 1)),
  since_ms INTEGER NOT NULL CHECK (since_ms >= 0)
) STRICT, WITHOUT ROWID;
CREATE INDEX card_customer ON card (customer_id);

CREATE TABLE unknown_card (
  id_token TEXT PRIMARY KEY COLLATE NOCASE CHECK (length(id_token) BETWEEN 1 AND 255),
  last_seen_ms INTEGER NOT NULL CHECK (last_seen_ms >= 0),
  station_id TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX unknown_card_last_seen ON unknown_card (last_seen_ms);

CREATE TABLE session_open (
  no INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE CHECK (length(id) BETWEEN 1 AND 200),
  station_id TEXT NOT NULL,
  evse_id INTEGER NOT NULL CHECK (evse_id >= 0),
  transaction_id INTEGER,
  id_token TEXT COLLATE NOCASE,
  -- Owner of the card when the session began.
  customer_id TEXT REFERENCES customer (id),
  tariff_id TEXT NOT NULL REFERENCES tariff_version (id),
  started_at_ms INTEGER NOT NULL CHECK (started_at_ms >= 0),
  received_at_ms INTEGER NOT NULL CHECK (received_at_ms >= 0),
  start_Wh INTEGER
) STRICT;
CREATE INDEX session_open_station ON session_open (station_id, evse_id, started_at_ms);
CREATE INDEX session_open_transaction ON session_open (station_id, transaction_id) WHERE transaction_id IS NOT NULL;
CREATE INDEX session_open_token ON session_open (id_token) WHERE id_token IS NOT NULL;
CREATE INDEX session_open_customer ON session_open (customer_id) WHERE customer_id IS NOT NULL;

-- The journal of readings that carry money. Two different values for one instant are both kept: they are evidence.
CREATE TABLE session_register (
  session_no INTEGER NOT NULL REFERENCES session_open (no),
  at_ms INTEGER NOT NULL CHECK (at_ms >= 0),
  register_Wh INTEGER NOT NULL,
  received_at_ms INTEGER NOT NULL CHECK (received_at_ms >= 0),
  PRIMARY KEY (session_no, at_ms, register_Wh)
) STRICT, WITHOUT ROWID;

CREATE TABLE session_activity (
  no INTEGER PRIMARY KEY,
  session_no INTEGER NOT NULL REFERENCES session_open (no),
  at_ms INTEGER NOT NULL CHECK (at_ms >= 0),
  activity TEXT NOT NULL CHECK (activity IN ('charging', 'suspended-ev', 'held-by-operator'))
) STRICT;
CREATE INDEX session_activity_session ON session_activity (session_no, at_ms, no);

CREATE TABLE session_close (
  session_no INTEGER PRIMARY KEY REFERENCES session_open (no),
  ended_at_ms INTEGER NOT NULL CHECK (ended_at_ms >= 0),
  start_Wh INTEGER,
  stop_Wh INTEGER,
  energy_Wh INTEGER CHECK (energy_Wh >= 0),
  end_reason TEXT NOT NULL,
  ended_by TEXT NOT NULL CHECK (ended_by IN ('station', 'server')),
  flags TEXT NOT NULL CHECK (json_valid(flags)),
  billable INTEGER NOT NULL CHECK (billable IN (0, 1)),
  charging_ms INTEGER NOT NULL CHECK (charging_ms >= 0),
  parked_ms INTEGER NOT NULL CHECK (parked_ms >= 0),
  heldByOperator_ms INTEGER NOT NULL CHECK (heldByOperator_ms >= 0)
) STRICT;
CREATE INDEX session_close_ended ON session_close (ended_at_ms);

-- Charge detail record: what the session cost by the tariff frozen at its start.
CREATE TABLE cdr (
  session_no INTEGER PRIMARY KEY REFERENCES session_close (session_no),
  currency TEXT NOT NULL CHECK (length(currency) = 3),
  net_minor INTEGER NOT NULL,
  tax_minor INTEGER NOT NULL,
  gross_minor INTEGER NOT NULL CHECK (gross_minor = net_minor + tax_minor),
  document TEXT NOT NULL CHECK (json_valid(document))
) STRICT;

-- A session whose card got an owner only after it began.
CREATE TABLE session_assignment (
  session_no INTEGER PRIMARY KEY REFERENCES session_open (no),
  customer_id TEXT NOT NULL REFERENCES customer (id),
  at_ms INTEGER NOT NULL CHECK (at_ms >= 0)
) STRICT;
CREATE INDEX session_assignment_customer ON session_assignment (customer_id);

-- Which sessions are open now: derived, so that finding them does not read all the others.
CREATE TABLE session_running (
  session_no INTEGER PRIMARY KEY REFERENCES session_open (no)
) STRICT;

CREATE TABLE session_stray (
  no INTEGER PRIMARY KEY,
  station_id TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  received_at_ms INTEGER NOT NULL,
  kind TEXT NOT NULL,
  data TEXT NOT NULL
) STRICT;
CREATE INDEX session_stray_station ON session_stray (station_id, no);

CREATE TABLE counter (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE invoice (
  no INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  series TEXT NOT NULL,
  seq INTEGER NOT NULL CHECK (seq >= 1),
  number TEXT NOT NULL UNIQUE,
  month TEXT NOT NULL CHECK (month GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]'),
  customer_id TEXT NOT NULL REFERENCES customer (id),
  customer_name TEXT NOT NULL,
  issued_at_ms INTEGER NOT NULL CHECK (issued_at_ms >= 0),
  sessions INTEGER NOT NULL CHECK (sessions >= 0),
  energy_Wh INTEGER NOT NULL,
  currency TEXT NOT NULL CHECK (length(currency) = 3),
  net_minor INTEGER NOT NULL,
  tax_minor INTEGER NOT NULL,
  gross_minor INTEGER NOT NULL CHECK (gross_minor = net_minor + tax_minor),
  document TEXT NOT NULL CHECK (json_valid(document)),
  previous_sha256 TEXT NOT NULL CHECK (length(previous_sha256) = 64),
  sha256 TEXT NOT NULL UNIQUE CHECK (length(sha256) = 64),
  UNIQUE (series, seq)
) STRICT;
CREATE INDEX invoice_month ON invoice (month);

-- A session stands on one invoice at most.
CREATE TABLE invoice_line (
  session_no INTEGER PRIMARY KEY REFERENCES session_close (session_no),
  invoice_no INTEGER NOT NULL REFERENCES invoice (no),
  position INTEGER NOT NULL CHECK (position >= 1),
  UNIQUE (invoice_no, position)
) STRICT;

CREATE TABLE invoice_bytes (
  invoice_no INTEGER PRIMARY KEY REFERENCES invoice (no),
  bytes BLOB NOT NULL
) STRICT;

CREATE TABLE site_quarter (
  slot_ms INTEGER PRIMARY KEY CHECK (slot_ms >= 0 AND slot_ms % 900000 = 0),
  ev_Wh INTEGER CHECK (ev_Wh >= 0),
  site_Wh INTEGER,
  avg_W INTEGER,
  max_W INTEGER,
  seen_ms INTEGER NOT NULL CHECK (seen_ms BETWEEN 0 AND 900000),
  plugged_ms INTEGER NOT NULL CHECK (plugged_ms >= 0),
  charging_ms INTEGER NOT NULL CHECK (charging_ms >= 0),
  limited_ms INTEGER NOT NULL CHECK (limited_ms >= 0)
) STRICT;

CREATE TABLE station_quarter (
  slot_ms INTEGER NOT NULL CHECK (slot_ms >= 0 AND slot_ms % 900000 = 0),
  station_id TEXT NOT NULL CHECK (length(station_id) >= 1),
  ev_Wh INTEGER CHECK (ev_Wh >= 0),
  avg_W INTEGER,
  max_W INTEGER,
  seen_ms INTEGER NOT NULL CHECK (seen_ms BETWEEN 0 AND 900000),
  plugged_ms INTEGER NOT NULL CHECK (plugged_ms BETWEEN 0 AND 900000),
  charging_ms INTEGER NOT NULL CHECK (charging_ms BETWEEN 0 AND 900000),
  limited_ms INTEGER NOT NULL CHECK (limited_ms BETWEEN 0 AND 900000),
  PRIMARY KEY (slot_ms, station_id)
) STRICT, WITHOUT ROWID;

-- Sums over the stations of a slot, kept beside them: a year is 35 040 rows instead of 100 times as many.
CREATE TABLE bay_quarter (
  slot_ms INTEGER PRIMARY KEY,
  seen_ms INTEGER NOT NULL,
  plugged_ms INTEGER NOT NULL,
  avg_W INTEGER
) STRICT;

-- Register value up to which the energy of a station is booked into quarter hours.
CREATE TABLE booked_register (
  station_id TEXT PRIMARY KEY,
  slot_ms INTEGER NOT NULL,
  register_Wh INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Last register ever proven by a session.
CREATE TABLE station_register (
  station_id TEXT PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  received_at_ms INTEGER NOT NULL,
  register_Wh INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE station_grant (
  no INTEGER PRIMARY KEY,
  station_id TEXT NOT NULL,
  at_ms INTEGER NOT NULL CHECK (at_ms >= 0),
  granted_mA INTEGER NOT NULL CHECK (granted_mA >= 0),
  because TEXT NOT NULL CHECK (json_valid(because))
) STRICT;
CREATE INDEX station_grant_station ON station_grant (station_id, at_ms, no);

CREATE TABLE station_state (
  no INTEGER PRIMARY KEY,
  station_id TEXT NOT NULL,
  at_ms INTEGER NOT NULL CHECK (at_ms >= 0),
  state TEXT NOT NULL,
  status TEXT
) STRICT;
CREATE INDEX station_state_station ON station_state (station_id, at_ms, no);

CREATE TABLE alert (
  no INTEGER PRIMARY KEY,
  code TEXT NOT NULL,
  severity TEXT NOT NULL CHECK (severity IN ('safety', 'stopped', 'degraded', 'info')),
  ref TEXT NOT NULL,
  since_ms INTEGER NOT NULL CHECK (since_ms >= 0),
  ended_at_ms INTEGER CHECK (ended_at_ms >= 0),
  count INTEGER NOT NULL CHECK (count >= 1),
  inputs TEXT NOT NULL CHECK (json_valid(inputs)),
  acknowledged_at_ms INTEGER
) STRICT;
CREATE UNIQUE INDEX alert_open ON alert (code, ref) WHERE ended_at_ms IS NULL;
`;

/** One row per session with everything that lists, totals, exports and invoices need: what is counted is what is listed. */
const VIEWS = `
CREATE VIEW closed_session AS
SELECT o.no, o.id, o.station_id, coalesce(s.name, o.station_id) AS station_name, o.evse_id, o.transaction_id, o.id_token,
  coalesce(o.customer_id, a.customer_id) AS customer_id, u.name AS customer_name, o.tariff_id,
  o.started_at_ms, o.received_at_ms, c.start_Wh, c.ended_at_ms, c.stop_Wh, c.energy_Wh, c.end_reason, c.ended_by,
  c.flags, c.billable, c.charging_ms, c.parked_ms, c.heldByOperator_ms,
  d.currency, d.net_minor, d.tax_minor, d.gross_minor, d.document AS cost, l.invoice_no, i.number AS invoice_number
FROM session_close c
JOIN session_open o ON o.no = c.session_no
LEFT JOIN station s ON s.id = o.station_id
LEFT JOIN session_assignment a ON a.session_no = c.session_no
LEFT JOIN customer u ON u.id = coalesce(o.customer_id, a.customer_id)
LEFT JOIN cdr d ON d.session_no = c.session_no
LEFT JOIN invoice_line l ON l.session_no = c.session_no
LEFT JOIN invoice i ON i.no = l.invoice_no;

-- Energy so far comes from the journal; it is unknown when the register has fallen below its start.
CREATE VIEW running_session AS
SELECT o.no, o.id, o.station_id, coalesce(s.name, o.station_id) AS station_name, o.evse_id, o.transaction_id, o.id_token,
  coalesce(o.customer_id, a.customer_id) AS customer_id, u.name AS customer_name, o.tariff_id,
  o.started_at_ms, o.received_at_ms, o.start_Wh, NULL AS ended_at_ms, NULL AS stop_Wh,
  (SELECT CASE WHEN g.register_Wh >= o.start_Wh THEN g.register_Wh - o.start_Wh END FROM session_register g
    WHERE g.session_no = o.no ORDER BY g.at_ms DESC, g.register_Wh DESC LIMIT 1) AS energy_Wh,
  NULL AS end_reason, NULL AS ended_by, '[]' AS flags, NULL AS billable, NULL AS charging_ms, NULL AS parked_ms,
  NULL AS heldByOperator_ms, NULL AS currency, NULL AS net_minor, NULL AS tax_minor, NULL AS gross_minor, NULL AS cost,
  NULL AS invoice_no, NULL AS invoice_number
FROM session_running r
JOIN session_open o ON o.no = r.session_no
LEFT JOIN station s ON s.id = o.station_id
LEFT JOIN session_assignment a ON a.session_no = o.no
LEFT JOIN customer u ON u.id = coalesce(o.customer_id, a.customer_id);
`;

/** Tables whose rows are never changed or removed once written. */
export const APPEND_ONLY = [
  "site_version",
  "seller_version",
  "tariff_version",
  "session_open",
  "session_register",
  "session_activity",
  "session_close",
  "cdr",
  "session_assignment",
  "invoice",
  "invoice_line",
  "invoice_bytes",
] as const;

const guards = APPEND_ONLY.flatMap((table) =>
  ["UPDATE", "DELETE"].map(
    (verb) =>
      `CREATE TRIGGER ${table}_no_${verb.toLowerCase()} BEFORE ${verb} ON ${table} BEGIN SELECT RAISE(ABORT, '${table} is append-only'); END;`,
  ),
);

export const FIRST = TABLES + VIEWS + guards.join("\n");
