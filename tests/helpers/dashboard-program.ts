// The dashboard over a scripted console, as a program for a pseudo-terminal. The test steers it over a unix socket:
// one line of JSON {call, args} each, answered by one line of JSON with what came of it.

import { createInterface } from "node:readline";
import { createServer } from "node:net";

import { Config } from "#domain/config/config.ts";
import { openDashboard } from "#modes/tui/open-dashboard.ts";

import { scriptedConsole } from "./scripted-console.ts";

const {
  DASHBOARD_CONTROL: control = "",
  DASHBOARD_CONFIG: config = "{}",
  DASHBOARD_ROOT: root = "/nonexistent",
} = process.env;

const console_ = scriptedConsole({ root });
const { script } = console_;

const commands: Record<string, (...args: never[]) => unknown> = {
  bottle: script.bottle,
  removeBottle: script.removeBottle,
  proposal: script.proposal,
  decideElsewhere: script.decideElsewhere,
  used: script.used,
  archive: script.archive,
  log: script.log,
  request: script.request,
  problem: script.problem,
  agents: (agents: typeof script.agents) => (script.agents = agents),
  crashLogs: (files: typeof script.crashLogs) => (script.crashLogs = files),
  preflight: (preflight: typeof script.preflight) => (script.preflight = preflight),
  failNext: (name: string, message: string) => script.failNext(name, new Error(message)),
  calls: () => script.calls,
  output: (slug: string, data: string) => script.screen(slug).output(data),
  exit: (slug: string) =>
    script
      .screen(slug)
      .emit({ type: "exit", exit: { at: new Date().toISOString(), exit_code: 1, signal: null, reason: "exited" } }),
  screenOf: (slug: string) => {
    const { typed, resizes, viewers } = script.screen(slug);
    return { typed, resizes, viewers };
  },
  many: (count: number) => {
    for (let index = 0; index < count; index += 1) script.bottle({ slug: `agent-${String(index).padStart(5, "0")}` });
  },
  flood: (slug: string, count: number) => {
    for (let index = 0; index < count; index += 1) script.log(slug, `line ${index} of a flood`);
  },
  table: script.table,
  counters: (counters: typeof script.egress.counters) => (script.egress.counters = counters),
  /** So many requests as fast as they can be told, a hundred at a time; answers at once. */
  floodRequests: (slug: string, count: number) => {
    let told = 0;
    const next = (): void => {
      for (let index = 0; index < 100 && told < count; index += 1, told += 1)
        script.request(slug, { path: `/flood/${told}` });
      if (told < count) setImmediate(next);
    };
    next();
  },
  throw: (message: string) => {
    setImmediate(() => {
      throw new Error(message);
    });
  },
  reject: (message: string) => void Promise.reject(new Error(message)),
  ping: () => "pong",
};

const server = createServer((socket) => {
  createInterface({ input: socket }).on("line", (line) => {
    const { call, args } = JSON.parse(line) as { call: string; args: never[] };
    const answer = commands[call]?.(...args);
    socket.write(`${JSON.stringify(answer ?? null)}\n`);
  });
  socket.on("error", () => {});
});
if (control !== "") await new Promise<void>((resolve) => server.listen(control, resolve));

const code = await openDashboard({
  console: console_,
  config: Config.parse(JSON.parse(config)),
  startDemo: async (progress) => {
    progress({ type: "step", step: "sidecars", state: "started" });
    script.bottle({ slug: "demo-abcde" });
    return "demo-abcde";
  },
});
server.close();
process.exit(code);
