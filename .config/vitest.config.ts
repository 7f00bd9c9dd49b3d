// The test projects. `npm test` builds first; a single file runs with `npx vitest run --config .config/vitest.config.ts tests/…`.

import { defineConfig } from "vitest/config";

import { root } from "./freshness.ts";

const build = "./.config/vitest/build.ts";
const unit = [
  "domain",
  "lib",
  "core",
  "sidecars",
  "backends",
  "components",
  "modes",
  "cli",
  "guards",
  "bench",
  "config",
  "fixtures",
];

export default defineConfig({
  root,
  test: {
    reporters: ["default", "./.config/vitest/closing-line.ts"],
    // Two cores, shared with the programs under test.
    maxWorkers: 2,
    // Real engines and terminals on a shared machine: in CI one that fails is tried once more, and named when it then passes.
    retry: process.env["BOTTLE_RETRY"] === undefined ? 0 : 1,
    projects: [
      project(
        "unit",
        unit.map((folder) => `tests/${folder}/**/*.test.{ts,tsx}`),
        { testTimeout: 20_000 },
      ),
      project("contract", ["tests/contract/**/*.test.ts"], {
        globalSetup: build,
        testTimeout: 60_000,
        hookTimeout: 60_000,
      }),
      project("tui", ["tests/tui/**/*.test.{ts,tsx}"], {
        globalSetup: build,
        testTimeout: 60_000,
        hookTimeout: 60_000,
      }),
      project("e2e", ["tests/e2e/**/*.test.ts"], { globalSetup: build, testTimeout: 120_000, hookTimeout: 120_000 }),
    ],
  },
});

function project(
  name: string,
  include: string[],
  more: { globalSetup?: string; testTimeout: number; hookTimeout?: number },
) {
  return {
    root,
    test: {
      name,
      include,
      pool: "forks" as const,
      setupFiles: "./.config/vitest/patience.ts",
      expect: { poll: { timeout: 15_000 } },
      ...more,
    },
  };
}
