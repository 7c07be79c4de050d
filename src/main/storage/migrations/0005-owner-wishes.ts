/** What the owner told a station and has not taken back: it holds when the app starts again. */
export const OWNER_WISHES = `
CREATE TABLE station_wish (
  station_id TEXT PRIMARY KEY REFERENCES station (id),
  limit_mA INTEGER CHECK (limit_mA BETWEEN 0 AND 1000000),
  until_ms INTEGER CHECK (until_ms >= 0),
  stopped INTEGER NOT NULL CHECK (stopped IN (0, 1)),
  CHECK (limit_mA IS NOT NULL OR until_ms IS NULL)
) STRICT, WITHOUT ROWID;
`;
