import {
  createTheme,
  type CSSVariablesResolver,
  defaultVariantColorsResolver,
  type MantineColorsTuple,
} from "@mantine/core";
import { COLOURS, MEASURES } from "../lib/tokens/tokens.ts";

const rem = (px: number): string => `${String(px / 16)}rem`;

// Colour is for states only, so what can be pressed is ink on paper and paper on ink. Mantine needs ten steps.
const INK: MantineColorsTuple = [
  "var(--ink)",
  "var(--ink)",
  "var(--ink)",
  "var(--ink)",
  "var(--ink)",
  "var(--ink)",
  "var(--ink)",
  "var(--ink)",
  "var(--ink)",
  "var(--ink)",
];

const dark = (token: string): string => COLOURS.dark[token] ?? "";

// What Mantine draws with in dark, by what it uses each step for: 0-3 text, 4 lines, 5 what is chosen, 6-8 grounds.
const DARK: MantineColorsTuple = [
  dark("ink"),
  dark("other-load"),
  dark("ink-muted"),
  dark("line-strong"),
  dark("line"),
  dark("margin"),
  dark("sunken"),
  dark("surface"),
  dark("sunken"),
  dark("page"),
];

/** Mantine in the clothes of our tokens. */
const mantineTheme = createTheme({
  primaryColor: "ink",
  colors: { ink: INK, dark: DARK },
  fontFamily: MEASURES["font"] ?? "sans-serif",
  fontSizes: { xs: rem(12), sm: rem(14), md: rem(14), lg: rem(16), xl: rem(20) },
  lineHeights: { md: "1.45" },
  headings: { fontWeight: "600" },
  radius: { xs: "3px", sm: "6px", md: "6px", lg: "6px", xl: "6px" },
  defaultRadius: "sm",
  spacing: { xs: rem(4), sm: rem(8), md: rem(12), lg: rem(16), xl: rem(24) },
  focusRing: "auto",
  cursorType: "pointer",
  respectReducedMotion: true,
  // On ink stands paper, in every theme.
  variantColorResolver: (input) => {
    const usual = defaultVariantColorsResolver(input);
    return input.variant === "filled" ? { ...usual, color: "var(--surface)" } : usual;
  },
  components: {
    SegmentedControl: { defaultProps: { withItemsBorders: false } },
    Tooltip: { defaultProps: { openDelay: 300, withArrow: false } },
    Modal: { defaultProps: { centered: true, transitionProps: { duration: 120 } } },
    Menu: { defaultProps: { transitionProps: { duration: 120 }, withinPortal: true, shadow: "none" } },
    Select: { defaultProps: { comboboxProps: { transitionProps: { duration: 120 }, shadow: "none" } } },
  },
});

/** In numbers of a form a comma or a point, as the language has it; both are taken when typed. */
export function mantineThemeFor(language: string): ReturnType<typeof createTheme> {
  const parts = new Intl.NumberFormat(language).formatToParts(0.5);
  const decimalSeparator = parts.find(({ type }) => type === "decimal")?.value ?? ".";
  // What a form keeps while somebody types ("0.") has a point in every language.
  const NumberInput = { defaultProps: { decimalSeparator, valueIsNumericString: true } };
  return { ...mantineTheme, components: { ...mantineTheme.components, NumberInput } };
}

const OURS: Readonly<Record<string, string>> = {
  "--mantine-color-body": "var(--surface)",
  "--mantine-color-text": "var(--ink)",
  "--mantine-color-dimmed": "var(--ink-muted)",
  "--mantine-color-placeholder": "var(--ink-muted)",
  "--mantine-color-anchor": "var(--ink)",
  // Text is smaller than the signs that the colour was made for: in the dark theme it was too faint.
  "--mantine-color-error": "color-mix(in srgb, var(--state-fault) 80%, var(--ink))",
  "--mantine-color-default": "var(--surface)",
  "--mantine-color-default-hover": "var(--sunken)",
  "--mantine-color-default-color": "var(--ink)",
  "--mantine-color-default-border": "var(--line-strong)",
  "--mantine-color-disabled": "var(--sunken)",
  "--mantine-color-disabled-color": "var(--ink-muted)",
  "--mantine-color-disabled-border": "var(--line)",
  "--mantine-color-ink-filled": "var(--ink)",
  "--mantine-color-ink-filled-hover": "color-mix(in srgb, var(--ink) 86%, var(--surface))",
  "--mantine-color-ink-light": "var(--sunken)",
  "--mantine-color-ink-light-hover": "var(--line)",
  "--mantine-color-ink-light-color": "var(--ink)",
  "--mantine-color-ink-outline": "var(--line-strong)",
  "--mantine-color-ink-outline-hover": "var(--sunken)",
  "--mantine-color-ink-text": "var(--ink)",
  "--mantine-primary-color-contrast": "var(--surface)",
};

export const resolveMantineVariables: CSSVariablesResolver = () => ({ variables: {}, light: OURS, dark: OURS });
