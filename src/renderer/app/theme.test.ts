import { expect, test } from "vitest";
import { mantineThemeFor } from "./theme.ts";

test.each([
  ["en", "."],
  ["de", ","],
])("numbers in a form of language %s have a %s", (language, decimalSeparator) => {
  const { components } = mantineThemeFor(language);
  expect(components?.["NumberInput"]?.defaultProps).toEqual({ decimalSeparator, valueIsNumericString: true });
  expect(components?.["Modal"]?.defaultProps).toMatchObject({ centered: true });
});
