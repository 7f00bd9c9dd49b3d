// Takes the lease of a seed once a line comes on its standard input: `node contender.ts SEED NAME TOKEN`. Prints "taken" or
// the code of what refused it.

import { once } from "node:events";

import { BottleError } from "#domain/bottle-error.ts";
import { takeLease } from "#lib/seed/lease-file.ts";

const [seed = "", holder = "", token = ""] = process.argv.slice(2);
process.stdout.write("ready\n");
await once(process.stdin, "data");
try {
  await takeLease({ seed, holder, token, waitMs: 20_000 });
  process.stdout.write("taken\n");
} catch (error) {
  process.stdout.write(`${error instanceof BottleError ? error.code : String(error)}\n`);
}
process.exit(0);
