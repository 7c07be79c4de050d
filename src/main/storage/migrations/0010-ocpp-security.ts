/** How OCPP stations came in last, and which of them must come by TLS. */
export const OCPP_SECURITY = `
CREATE TABLE ocpp_security (
  identity TEXT PRIMARY KEY CHECK (length(identity) BETWEEN 1 AND 64),
  requires_tls INTEGER NOT NULL DEFAULT 0 CHECK (requires_tls IN (0, 1)),
  -- All three empty: it has not come yet.
  came_at_ms INTEGER CHECK (came_at_ms >= 0),
  came_encrypted INTEGER CHECK (came_encrypted IN (0, 1)),
  came_with_password INTEGER CHECK (came_with_password IN (0, 1)),
  CHECK ((came_at_ms IS NULL) = (came_encrypted IS NULL) AND (came_at_ms IS NULL) = (came_with_password IS NULL))
) STRICT, WITHOUT ROWID;
`;
