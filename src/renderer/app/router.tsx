import {
  createHashHistory,
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from "@tanstack/react-router";
import type { RawSearch } from "../lib/url/url-state.ts";
import { LiveScreen } from "../screens/live/live-screen.tsx";
import { PageMissing } from "./shell/page-missing.tsx";
import { PageTrouble } from "./shell/page-trouble.tsx";
import { Shell } from "./shell/shell.tsx";

// Each screen reads its own part of the address with `useUrlState`; the router only carries it.
const validateSearch = (raw: Record<string, unknown>): RawSearch => raw;

const rootRoute = createRootRoute({ component: Shell, validateSearch, errorComponent: PageTrouble });

const routeTree = rootRoute.addChildren([
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/",
    beforeLoad: () => {
      // The router's way to say it.
      // eslint-disable-next-line @typescript-eslint/only-throw-error
      throw redirect({ to: "/live", replace: true });
    },
  }),
  createRoute({ getParentRoute: () => rootRoute, path: "/live", component: LiveScreen }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/sessions",
    component: lazyRouteComponent(() => import("../screens/sessions/sessions-screen.tsx"), "SessionsScreen"),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/billing",
    component: lazyRouteComponent(() => import("../screens/billing/billing-screen.tsx"), "BillingScreen"),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/history",
    component: lazyRouteComponent(() => import("../screens/history/history-screen.tsx"), "HistoryScreen"),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/alerts",
    component: lazyRouteComponent(() => import("../screens/alerts/alerts-screen.tsx"), "AlertsScreen"),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/devices",
    component: lazyRouteComponent(() => import("../screens/devices/devices-screen.tsx"), "DevicesScreen"),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/settings",
    component: lazyRouteComponent(() => import("../screens/settings/settings-screen.tsx"), "SettingsScreen"),
  }),
]);

export const router = createRouter({
  routeTree,
  history: createHashHistory(),
  defaultErrorComponent: PageTrouble,
  defaultNotFoundComponent: PageMissing,
  defaultPreload: "intent",
  scrollRestoration: false,
});

declare module "@tanstack/react-router" {
  // Module augmentation works with interfaces only.
  interface Register {
    router: typeof router;
  }
}
