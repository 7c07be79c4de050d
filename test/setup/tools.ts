import { describe } from "vitest";
import { enableCommand, TOOLS, toolPath } from "../../scripts/lib/tools.mjs";

export type Tool = keyof typeof TOOLS;

/**
 * Absolute path of a program that the tests use but npm cannot bring, or null when this machine lacks it; then says
 * so on the spot, with what is lost and the one command that changes it.
 */
export function needs(tool: Tool): string | null {
  const path = toolPath(tool);
  if (path === null) {
    process.stderr.write(`SKIPPED: ${TOOLS[tool].neededBy}: ${tool} is missing. ${enableCommand([tool])}\n`);
  }
  return path;
}

/**
 * A `describe` for tests that need a program: `body` gets its path. Without the program the suite is reported as
 * skipped, loudly, and `npm test` repeats at its end what was not tested.
 */
export function describeWith(tool: Tool, name: string, body: (path: string) => void): void {
  const path = needs(tool);
  if (path === null) {
    describe.skip(`${name} (${tool} is missing: ${enableCommand([tool])})`, () => {
      body("");
    });
  } else {
    describe(name, () => {
      body(path);
    });
  }
}
