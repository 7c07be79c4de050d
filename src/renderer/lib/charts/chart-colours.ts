import { useSyncExternalStore } from "react";
import { COLOURS, THEMES, type ThemeName } from "../tokens/tokens.ts";

/** Colour of a token in a theme. */
export const colourOf = (token: string, theme: ThemeName): string =>
  COLOURS[theme][token] ?? COLOURS[theme]["ink"] ?? "";

/** The same colour, let through: `share` of 255 parts. */
export const translucent = (colour: string, share: number): string =>
  `${colour}${Math.round(share).toString(16).padStart(2, "0")}`;

const shownTheme = (): ThemeName => {
  const name = document.documentElement.dataset["theme"];
  return THEMES.find((theme) => theme === name) ?? "light";
};

function onThemeChange(listener: () => void): () => void {
  const observer = new MutationObserver(listener);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  return () => {
    observer.disconnect();
  };
}

/** The theme that the page shows right now: a canvas knows no CSS variables. */
export const useShownTheme = (): ThemeName => useSyncExternalStore(onThemeChange, shownTheme);

function mixed(from: string, to: string, share: number): string {
  const part = (colour: string, at: number): number => Number.parseInt(colour.slice(at, at + 2), 16);
  const channel = (at: number): string =>
    Math.round(part(from, at) + (part(to, at) - part(from, at)) * share)
      .toString(16)
      .padStart(2, "0");
  return `#${channel(1)}${channel(3)}${channel(5)}`;
}

const FAINTEST = 0.06;

/** One hue from almost the surface (0) to full (1), so that more is always further from the background. */
export function heatColour(share: number, theme: ThemeName): string {
  const bounded = Math.min(1, Math.max(0, share));
  return mixed(colourOf("surface", theme), colourOf("heat", theme), FAINTEST + (1 - FAINTEST) * bounded);
}
