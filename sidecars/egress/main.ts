// The egress proxy of one bottle: `node egress.js --root DIR --slug SLUG [--upstream-ca PEM] [--listen HOST]`. Tokens come as
// EGRESS_TOKEN_n, and further secrets of the bottle as EGRESS_SECRET_<NAME>, in the environment. It ends with its
// standard input, which its parent holds open.

import { parseArgs } from "node:util";

import { BottleError } from "#domain/bottle-error.ts";
import { takeSecrets } from "#lib/take-secrets.ts";

import { ownSecrets } from "./inspection/own-secrets.ts";
import { runEgress } from "./run.ts";

try {
  const { values } = parseArgs({
    options: {
      root: { type: "string" },
      slug: { type: "string" },
      "upstream-ca": { type: "string" },
      listen: { type: "string" },
    },
  });
  const { root, slug, listen } = values;
  if (root === undefined || slug === undefined) throw new BottleError("usage", "--root and --slug are required");
  const upstreamCa = values["upstream-ca"] ?? process.env["BOTTLE_UPSTREAM_CA"];
  const slots = takeTokens(process.env);
  await runEgress({ root, slug, upstreamCa, listen, slots, own: ownSecrets(slots, takeSecrets(process.env)) });
} catch (error) {
  process.stderr.write(`egress: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(error instanceof BottleError && error.code === "usage" ? 2 : 1);
}

/** Out of the environment, so that nothing that is ever started from here inherits them. */
function takeTokens(env: NodeJS.ProcessEnv): Map<string, string> {
  const slots = new Map<string, string>();
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith("EGRESS_TOKEN_")) continue;
    if (value !== undefined && value !== "") slots.set(name, value);
    delete env[name];
  }
  return slots;
}
