import type { Application } from "../site/engine.types.ts";
import { type Implementer, siteOf } from "./base.ts";

/** What is planned ahead: who waits for what, and how the planner is. */
export function planningGroup({ planning }: Implementer, app: Application) {
  return { state: planning.state.handler(() => siteOf(app).planning()) };
}
