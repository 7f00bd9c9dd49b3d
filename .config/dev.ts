// `npm run dev`: builds with source maps at each change, and prints one line for each build.

import { watch } from "node:fs";
import { join } from "node:path";

import { buildAll } from "./build.ts";
import { root, sourceFolders } from "./freshness.ts";

const settle = 100; // ms: an editor that saves several files causes one build
let timer: NodeJS.Timeout | undefined;
let building: Promise<void> = Promise.resolve();

function changed(): void {
  clearTimeout(timer);
  timer = setTimeout(() => (building = building.then(rebuild)), settle);
}

async function rebuild(): Promise<void> {
  const began = performance.now();
  const failures = await buildAll({ dev: true });
  for (const failure of failures) console.error(failure);
  const took = `${Math.round(performance.now() - began)} ms`;
  console.log(failures.length === 0 ? `built in ${took}` : `${failures.length} of the bundles failed, ${took}`);
}

for (const folder of sourceFolders) watch(join(root, folder), { recursive: true }, changed);
await rebuild();
