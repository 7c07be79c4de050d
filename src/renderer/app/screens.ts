import {
  IconBell,
  IconCash,
  IconChartHistogram,
  type Icon,
  IconLayoutDashboard,
  IconList,
  IconSettings,
} from "../components/icons.ts";

/** The screens of the left rail in their order; Alt and the place open them. */
export const SCREENS = [
  { id: "live", path: "/live", icon: IconLayoutDashboard },
  { id: "sessions", path: "/sessions", icon: IconList },
  { id: "billing", path: "/billing", icon: IconCash },
  { id: "history", path: "/history", icon: IconChartHistogram },
  { id: "alerts", path: "/alerts", icon: IconBell },
  { id: "settings", path: "/settings", icon: IconSettings },
] as const satisfies readonly { readonly id: string; readonly path: `/${string}`; readonly icon: Icon }[];
export type ScreenId = (typeof SCREENS)[number]["id"];
