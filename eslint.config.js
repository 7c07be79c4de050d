import reactHooks from "eslint-plugin-react-hooks";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

const PURE = ["src/core/**/*.ts", "src/contract/**/*.ts", "src/main/protocol/**/*.ts"];
const PAGE = ["src/renderer/**/*.ts", "src/renderer/**/*.tsx"];
const TESTS = ["**/*.test.ts", "**/*.test.tsx", "test/**/*.ts"];

/** `as const` fixes a literal and claims nothing; every other `as` claims what the compiler cannot see. */
const NO_ASSERTION = {
  selector: "TSAsExpression:not([typeAnnotation.typeName.name='const'])",
  message: "Parse at the edge (zod or a type guard) instead of `as`; only core/units casts.",
};
const NO_ENUM = { selector: "TSEnumDeclaration", message: "A union of string literals instead of an enum." };
const NO_DEFAULT_EXPORT = { selector: "ExportDefaultDeclaration", message: "Named exports only." };
const NO_RAW_COLOUR = [
  {
    selector: "Literal[value=/^#(?:[0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})$/]",
    message: "Colours come from the design tokens.",
  },
  { selector: "Literal[value=/\\b(?:rgba?|hsla?|oklch)\\(/]", message: "Colours come from the design tokens." },
];
const PURITY = [
  { selector: "NewExpression[callee.name='Date']", message: "Pure code is given the time." },
  {
    selector: "MemberExpression[object.name='Temporal'][property.name='Now']",
    message: "Pure code is given the time.",
  },
  { selector: "AwaitExpression", message: "Pure code does not wait." },
  { selector: ":function[async=true]", message: "Pure code is not async." },
];
const ALWAYS = [NO_ASSERTION, NO_ENUM, NO_DEFAULT_EXPORT];
const restricted = (...rules) => ({ "no-restricted-syntax": ["error", ...rules] });

const CHART_LIBRARIES = ["chart.js", "chart.js/*", "chartjs-*", "luxon"];

export default defineConfig(
  globalIgnores(["out/", "dist/", "node_modules/", "coverage/", "test-results/"]),
  {
    files: ["**/*.ts", "**/*.tsx"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      ...restricted(...ALWAYS),
      "@typescript-eslint/consistent-type-imports": "error",
      // A port is an interface, a value is a type: both have their place.
      "@typescript-eslint/consistent-type-definitions": "off",
      // `value satisfies never` and a switch without default: a new variant is a compile error until someone decides.
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/no-confusing-void-expression": [
        "error",
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", ignoreRestSiblings: true }],
      // tsconfig's noPropertyAccessFromIndexSignature asks for the brackets that this rule forbids.
      "@typescript-eslint/dot-notation": "off",
      eqeqeq: "error",
      "no-console": "error",
      "no-empty": "error",
      "max-lines": ["error", { max: 400, skipBlankLines: true, skipComments: true }],
      "max-lines-per-function": ["error", { max: 70, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: PURE,
    ignores: TESTS,
    rules: {
      ...restricted(...ALWAYS, ...PURITY),
      "no-restricted-globals": [
        "error",
        ...["process", "Buffer", "setTimeout", "setInterval", "setImmediate", "queueMicrotask", "performance", "fetch"],
      ],
      "no-restricted-properties": [
        "error",
        { object: "Date", property: "now", message: "Pure code is given the time." },
        { object: "Math", property: "random", message: "Pure code is given a seed." },
      ],
    },
  },
  {
    // The one folder that casts: it makes the branded quantities.
    files: ["src/core/units/**/*.ts"],
    ignores: TESTS,
    rules: restricted(NO_ENUM, NO_DEFAULT_EXPORT, ...PURITY),
  },
  {
    files: PAGE,
    ignores: ["src/renderer/**/tokens.ts", "src/renderer/**/tokens/**", ...TESTS],
    extends: [reactHooks.configs.flat.recommended],
    rules: {
      ...restricted(...ALWAYS, ...NO_RAW_COLOUR),
      "no-restricted-globals": ["error", "process", "Buffer", "global", "event", "name"],
    },
  },
  {
    // Everything draws through ChartSpec, so that the chart library stays exchangeable.
    files: PAGE,
    ignores: ["src/renderer/lib/charts/**"],
    rules: {
      "no-restricted-imports": ["error", { patterns: [{ group: CHART_LIBRARIES, message: "Use lib/charts." }] }],
    },
  },
  {
    files: TESTS,
    rules: {
      "max-lines-per-function": "off",
      // A failing non-null claim in a test is a failing test.
      "@typescript-eslint/no-non-null-assertion": "off",
    },
  },
  {
    files: ["*.config.ts", "*.config.js"],
    rules: restricted(NO_ASSERTION, NO_ENUM),
  },
  {
    files: ["**/*.js", "**/*.mjs", "**/*.cjs"],
    extends: [tseslint.configs.base],
    rules: {
      eqeqeq: "error",
      "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "max-lines": ["error", { max: 400, skipBlankLines: true, skipComments: true }],
      "max-lines-per-function": ["error", { max: 70, skipBlankLines: true, skipComments: true }],
    },
  },
);
