// The credential watcher of one bottle: `node credentials.js --root DIR --slug SLUG`. What it watches comes as JSON in
// CREDENTIALS_CONFIG, and the operator's key in CREDENTIALS_KEY. It ends with its standard input, which its parent holds
// open, and saves once more then.

import { parseArgs } from "node:util";

import { BottleError } from "#domain/bottle-error.ts";
import { SEED_KEY, SeedWatch } from "#domain/credentials/seed-watch.ts";
import { READY_LINE } from "#domain/sidecars/ready-line.ts";
import { bottlePaths } from "#lib/paths.ts";
import { keepHeapSmall } from "#lib/small-heap.ts";
import { appendAudit } from "#lib/store/audit-log.ts";

import { endAgent } from "./end-agent.ts";
import { openWatch, type Watching } from "./watch.ts";

keepHeapSmall();
try {
  const { values } = parseArgs({ options: { root: { type: "string" }, slug: { type: "string" } } });
  const { root, slug } = values;
  if (root === undefined || slug === undefined) throw new BottleError("usage", "--root and --slug are required");
  const config = takeConfig(process.env);
  const key = take(process.env, SEED_KEY);
  const watching = await openFor({ root, slug }, config, key);
  await run(watching, config.every_ms);
} catch (error) {
  tell(error instanceof Error ? error.message : String(error));
  process.exit(error instanceof BottleError && error.code === "usage" ? 2 : 1);
}

async function openFor(of: { root: string; slug: string }, config: SeedWatch, key: string | undefined) {
  const { agent } = bottlePaths(of.root, of.slug);
  const audit = async (action: "credential-saved" | "credential-lost", detail: string): Promise<void> => {
    const fact = { actor: "sidecar:credentials", action, component: "credentials", detail } as const;
    await appendAudit(of, fact).catch((error: unknown) => tell(`the audit log misses an entry: ${String(error)}`));
  };
  return await openWatch({
    home: agent.home,
    file: config.file,
    key,
    lease: { seed: config.seed, holder: of.slug, token: config.token, leaseMs: config.lease_ms, waitMs: 2000 },
    tell,
    async saved() {
      tell(`the agent renewed its login: saved to ${config.seed}`);
      await audit("credential-saved", `the agent renewed its login, which was saved to ${config.seed}`);
    },
    async lost(by) {
      const who = by === undefined ? "nobody has it now" : `${by.holder} has it now`;
      tell(`the lease of ${config.seed} is lost (${who}): nothing is saved any more, and the agent is ended`);
      await audit("credential-lost", `the lease of ${config.seed} was lost (${who}): the agent was ended`);
    },
    endAgent: () => endAgent(agent.socket),
  });
}

/** Until it is told to stop. */
async function run(watching: Watching, everyMs: number): Promise<void> {
  const stop = Promise.withResolvers<"stop">();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stop.resolve("stop"));
  process.stdin.on("error", () => stop.resolve("stop")).once("end", () => stop.resolve("stop"));
  process.stdin.resume();
  let ready = false;
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- one look after the other
    const isHeld = await watching.tick();
    // Without the lease nothing of ours ever becomes ready, and a launch fails.
    if (isHeld && !ready) process.stdout.write(`${READY_LINE}\n`);
    ready ||= isHeld;
    // oxlint-disable-next-line no-await-in-loop -- see above
    if ((await Promise.race([stop.promise, pause(everyMs)])) === "stop") break;
  }
  await watching.finish();
  process.exit(0);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function takeConfig(env: NodeJS.ProcessEnv): SeedWatch {
  const name = "CREDENTIALS_CONFIG";
  const text = take(env, name);
  if (text === undefined) throw new BottleError("usage", `${name} is missing`);
  try {
    return SeedWatch.parse(JSON.parse(text));
  } catch (cause) {
    throw new BottleError("usage", "is malformed", { where: name, cause });
  }
}

/** Out of the environment. */
function take(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const value = env[name];
  delete env[name];
  return value;
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}
