// `npm run check`: every tool that reads the code without running it, one after another; all findings, then one exit code.

import { spawnSync } from "node:child_process";
import { join } from "node:path";

import { root } from "./freshness.ts";

const checks: readonly (readonly [what: string, program: string, ...args: string[]])[] = [
  ["types", "tsc", "-p", "."],
  ["types of the domain, without Node's", "tsc", "-p", "src/domain"],
  ["lint", "oxlint", "--type-aware"],
  ["format", "oxfmt", "--check"],
  ["unused", "knip", "--config", ".config/knip.json"],
  ["imports and suppressions", "node", "tests/guards/guard.ts"],
];

const failed = checks.filter(([what, program, ...args]) => {
  console.log(`check: ${what}`);
  const { status, error } = spawnSync(join(root, "node_modules", ".bin", program), args, {
    cwd: root,
    stdio: "inherit",
  });
  if (error !== undefined) console.error(`check: ${program} did not start: ${error.message}`);
  return status !== 0;
});

console.log(failed.length === 0 ? "check: all clean" : `check: failed: ${failed.map(([what]) => what).join("; ")}`);
process.exitCode = failed.length === 0 ? 0 : 1;
