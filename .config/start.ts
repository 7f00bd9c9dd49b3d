// `npm start`: builds when dist is missing or older than the sources, then becomes the program. Prints nothing of its own.

import { join } from "node:path";

import { distIsStale, root } from "./freshness.ts";

if (distIsStale()) {
  const { buildAll } = await import("./build.ts");
  const failures = await buildAll({ dev: false });
  for (const failure of failures) console.error(`build: ${failure}`);
  if (failures.length > 0) process.exit(1);
}

const program = join(root, "dist", "bottle-dash.js");
// Not a child: signals, job control and the exit code are the program's own.
process.execve?.(process.execPath, [process.execPath, program, ...process.argv.slice(2)], process.env);
