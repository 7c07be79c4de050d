import type { AppInfo } from "../../contract/index.ts";
import type { Application } from "../site/engine.types.ts";
import { type Implementer, siteOf } from "./base.ts";
import { followApp } from "./follow.ts";

/** What runs behind the page: nothing yet, or a site. */
export function appGroup(contract: Implementer, app: Application) {
  const { app: group } = contract;
  return {
    info: group.info.handler(() => appInfo(app)),
    startDemo: group.startDemo.handler(async ({ errors }) => {
      if ((await app.startDemo()) === "conflict") throw errors.CONFLICT();
      return appInfo(app);
    }),
    importSite: group.importSite.handler(async ({ input, errors }) => {
      const imported = await app.importSite(input.yaml);
      if (imported.ok) return appInfo(app);
      switch (imported.code) {
        case "conflict":
          throw errors.CONFLICT();
        case "invalid":
          throw errors.INVALID({ data: { problems: imported.problems } });
      }
    }),
    exportSite: group.exportSite.handler(() => ({ yaml: siteOf(app).exportSite() })),
    changes: group.changes.handler(({ signal }) => followApp(app, signal, () => appInfo(app))),
  };
}

function appInfo(app: Application): AppInfo {
  const engine = app.engine();
  return {
    version: app.version,
    stage: engine === null ? "empty" : "running",
    demo: engine?.demo ?? false,
    speed: engine?.speed ?? 1,
    headless: app.headless,
    siteName: engine?.siteName ?? null,
    ocppUrl: engine?.ocppUrl ?? null,
    started_at_ms: app.started_at_ms,
  };
}
