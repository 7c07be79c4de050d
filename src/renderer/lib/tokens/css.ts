import { COLOURS, MEASURES, THEMES, type ThemeName } from "./tokens.ts";

const declarations = (tokens: Readonly<Record<string, string>>): string =>
  Object.entries(tokens)
    .map(([name, value]) => `--${name}:${value};`)
    .join("");

/** All tokens as CSS variables: one block per `data-theme`, print always with the light colours. */
export function tokensCss(): string {
  const scheme = (theme: ThemeName): string => (theme === "dark" ? "dark" : "light");
  const blocks = THEMES.map(
    (theme) => `:root[data-theme="${theme}"]{color-scheme:${scheme(theme)};${declarations(COLOURS[theme])}}`,
  );
  return [
    `:root{${declarations(MEASURES)}${declarations(COLOURS.light)}}`,
    ...blocks,
    `@media print{:root[data-theme]{color-scheme:light;${declarations(COLOURS.light)}--page:#FFFFFF;}}`,
  ].join("\n");
}

/** Puts the tokens into the page. A constructed sheet needs no `unsafe-inline` in the content security policy. */
export function installTokens(target: Document): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(tokensCss());
  target.adoptedStyleSheets = [...target.adoptedStyleSheets, sheet];
}
