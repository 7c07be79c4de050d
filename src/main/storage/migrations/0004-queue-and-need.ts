/** Places in the queue beside the grants, and what was said of a stay beside the other wishes. */
export const QUEUE_AND_NEED = `
ALTER TABLE station_grant ADD COLUMN queue_place INTEGER CHECK (queue_place >= 1);
ALTER TABLE station_grant ADD COLUMN turn_at_ms INTEGER CHECK (turn_at_ms >= 0);
ALTER TABLE station_grant ADD COLUMN turn_kind TEXT
  CHECK (turn_kind IN ('leaves', 'full', 'hold', 'waited', 'too-late', 'unknown'));
ALTER TABLE station_grant ADD COLUMN turn_ref TEXT CHECK ((turn_ref IS NULL) = (turn_kind IS NULL));
ALTER TABLE station_wish ADD COLUMN departure_ms INTEGER CHECK (departure_ms >= 0);
ALTER TABLE station_wish ADD COLUMN needed_Wh INTEGER CHECK (needed_Wh >= 0);
`;
