// The git gate of one bottle: `node git-gate.js --root DIR --slug SLUG [--listen HOST]`. What it serves comes as JSON in
// GIT_GATE_CONFIG, and the bottle's secrets as EGRESS_SECRET_<NAME>. It ends with its standard input, which its parent
// holds open.

import { parseArgs } from "node:util";

import { BottleError } from "#domain/bottle-error.ts";
import { GitGate } from "#domain/git-gate/gate.ts";
import { keepHeapSmall } from "#lib/small-heap.ts";

import { runGate } from "./run.ts";

keepHeapSmall();
try {
  const { values } = parseArgs({
    options: { root: { type: "string" }, slug: { type: "string" }, listen: { type: "string" } },
  });
  const { root, slug, listen } = values;
  if (root === undefined || slug === undefined) throw new BottleError("usage", "--root and --slug are required");
  const config = takeConfig(process.env);
  await runGate({ root, slug, listen, config, secrets: takeSecrets(process.env) });
} catch (error) {
  process.stderr.write(`git-gate: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(error instanceof BottleError && error.code === "usage" ? 2 : 1);
}

function takeConfig(env: NodeJS.ProcessEnv): GitGate {
  const text = env["GIT_GATE_CONFIG"];
  delete env["GIT_GATE_CONFIG"];
  if (text === undefined) throw new BottleError("usage", "GIT_GATE_CONFIG is missing");
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new BottleError("usage", "is not JSON", { where: "GIT_GATE_CONFIG", cause });
  }
  const parsed = GitGate.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new BottleError("usage", issue?.message ?? "is wrong", {
    where: `GIT_GATE_CONFIG.${issue?.path.join(".") ?? ""}`,
    cause: parsed.error,
  });
}

/** Out of the environment, so that only the hook of a push gets them. */
function takeSecrets(env: NodeJS.ProcessEnv): Record<string, string> {
  const taken: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith("EGRESS_SECRET_")) continue;
    if (value !== undefined) taken[name] = value;
    delete env[name];
  }
  return taken;
}
