/** One look of the page. `sun` is for bright light and for people who need the strongest contrast. */
export const THEMES = ["light", "dark", "sun"] as const;
export type ThemeName = (typeof THEMES)[number];

export const STATES = ["free", "charging", "limited", "waiting", "occupied", "fault", "offline"] as const;
export type StateName = (typeof STATES)[number];

type Palette = Readonly<Record<string, string>>;

// Every fill keeps 3:1 on both surfaces of its theme and stays apart from the others for colour-blind eyes.
const STATE_LIGHT: Readonly<Record<StateName, string>> = {
  free: "#12935E",
  charging: "#0A4A8F",
  limited: "#7A1FC2",
  waiting: "#A87F00",
  occupied: "#7A8598",
  fault: "#9B2C0A",
  offline: "#0B0D10",
};
const STATE_DARK: Readonly<Record<StateName, string>> = {
  free: "#2BE8A0",
  charging: "#8FBBFF",
  limited: "#B86BF5",
  waiting: "#FDB92B",
  occupied: "#6E788F",
  fault: "#E0481C",
  offline: "#F5F7FA",
};

const SERIES_LIGHT = ["#0072B2", "#B36B00", "#007A59", "#A8447A", "#4A9BC9", "#8F2D00"] as const;
const SERIES_DARK = ["#3FA9F5", "#F2B632", "#2BD9A0", "#F08CC0", "#A9D8F5", "#FF7A45"] as const;

const LIGHT: Palette = {
  surface: "#FFFFFF",
  page: "#F4F6F8",
  sunken: "#E9EDF1",
  line: "#D5DBE2",
  "line-strong": "#7C8896",
  ink: "#10151B",
  "ink-muted": "#556070",
  focus: "#0A4A8F",
  "other-load": "#5B6675",
  margin: "#C3CBD5",
  heat: "#0072B2",
  missing: "#8A94A3",
};
const DARK: Palette = {
  surface: "#14191F",
  page: "#0B0F14",
  sunken: "#1C232B",
  line: "#2A323C",
  "line-strong": "#7C8896",
  ink: "#E9EDF2",
  "ink-muted": "#9AA5B3",
  focus: "#8FBBFF",
  "other-load": "#A9B3C0",
  margin: "#3A4450",
  heat: "#3FA9F5",
  missing: "#7C8896",
};
const SUN: Palette = {
  surface: "#FFFFFF",
  page: "#FFFFFF",
  sunken: "#F0F0F0",
  line: "#5A6068",
  "line-strong": "#000000",
  ink: "#000000",
  "ink-muted": "#2B3036",
  focus: "#0A4A8F",
  "other-load": "#33393F",
  margin: "#9AA1A9",
  heat: "#0072B2",
  missing: "#5A6068",
};

const states = (of: Readonly<Record<StateName, string>>): Palette =>
  Object.fromEntries(STATES.map((state) => [`state-${state}`, of[state]]));
const series = (of: readonly string[]): Palette =>
  Object.fromEntries(of.map((colour, index) => [`series-${String(index + 1)}`, colour]));

/** Every colour of a theme by its token, without the leading dashes. */
export const COLOURS: Readonly<Record<ThemeName, Palette>> = {
  light: { ...LIGHT, ...states(STATE_LIGHT), ...series(SERIES_LIGHT) },
  dark: { ...DARK, ...states(STATE_DARK), ...series(SERIES_DARK) },
  sun: { ...SUN, ...states(STATE_LIGHT), ...series(SERIES_LIGHT) },
};

/** Sizes and times that are the same in every theme. Lengths in rem, so that big screens scale everything at once. */
export const MEASURES: Palette = {
  "space-1": "0.25rem",
  "space-2": "0.5rem",
  "space-3": "0.75rem",
  "space-4": "1rem",
  "space-5": "1.5rem",
  "space-6": "2rem",
  "space-7": "3rem",
  "text-12": "0.75rem",
  "text-14": "0.875rem",
  "text-16": "1rem",
  "text-20": "1.25rem",
  "text-28": "1.75rem",
  "text-40": "2.5rem",
  "text-64": "4rem",
  "text-112": "7rem",
  radius: "6px",
  "motion-fast": "120ms",
  "motion-slow": "200ms",
  "layer-sticky": "100",
  "layer-drawer": "190",
  "layer-modal": "200",
  "layer-toast": "400",
  font: '"Inter Variable", "Inter", system-ui, sans-serif',
};
