import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { listenBoot, type BootServer } from "#lib/launch/boot.ts";
import { connectUnix } from "#lib/unix-socket.ts";

const tries = { listening: [], abstract: null, absent: [], seccomp_required: true, forwards: [] };
const order = { type: "go" as const, argv: ["agent"], env: { TOKEN: "secret" }, cwd: "/home/node", files: [] };
const check = { name: "wall", ok: true, evidence: "stands", required: true };

let folder: string;
let boot: BootServer;
let sockets: Socket[];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "boot-"));
  boot = await listenBoot(folder, tries);
  sockets = [];
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await boot.close();
  rmSync(folder, { recursive: true });
});

async function dial(): Promise<{ say(message: unknown): void; heard(): Promise<string>; socket: Socket }> {
  const socket = await connectUnix(join(folder, "boot.sock"));
  sockets.push(socket);
  return {
    socket,
    say: (message) => void socket.write(`${JSON.stringify(message)}\n`),
    heard: () => new Promise((resolve) => socket.once("data", (chunk: Buffer) => resolve(chunk.toString()))),
  };
}

test("hears the proof, gives the order, and hears that the agent was started", async () => {
  const entrypoint = await dial();
  entrypoint.say({ type: "proof", checks: [check] });
  expect(await boot.proof).toEqual([check]);
  const heard = entrypoint.heard();
  const started = boot.go(order);
  expect(JSON.parse(await heard)).toEqual(order);
  entrypoint.say({ type: "started", pid: 7 });
  expect(await started).toBe(7);
});

test("takes nothing of a report to a terminal but plain text", async () => {
  const entrypoint = await dial();
  const hostile = { ...check, name: "wall\u001b[2J", evidence: "stands\u001b]52;c;cm0gLXJm\u0007 still" };
  entrypoint.say({ type: "proof", checks: [hostile] });
  expect(await boot.proof).toEqual([{ ...check, evidence: "stands still" }]);
  const heard = entrypoint.heard();
  const started = boot.go(order);
  await heard;
  entrypoint.say({ type: "failed", message: "no\u001b[1A agent" });
  await expect(started).rejects.toThrow("no agent");
});

test("says why an agent could not be started", async () => {
  const entrypoint = await dial();
  entrypoint.say({ type: "proof", checks: [check] });
  await boot.proof;
  const started = boot.go(order);
  await entrypoint.heard();
  entrypoint.say({ type: "failed", message: "spawn agent ENOENT" });
  entrypoint.socket.end();
  await expect(started).rejects.toThrow(/spawn agent ENOENT/);
});

test("takes one connection and no second, so that the agent cannot play entrypoint", async () => {
  await dial();
  await expect(connectUnix(join(folder, "boot.sock"))).rejects.toThrow(/ECONNREFUSED|ENOENT/);
});

test.each([
  ["an entrypoint that leaves before its proof", (socket: Socket) => socket.destroy(), /ended before/],
  ["what is no report", (socket: Socket) => socket.write('{"type":"proof"}\n'), /checks/],
  ["what is not JSON", (socket: Socket) => socket.write("hello\n"), /not JSON/],
  ["a report out of turn", (socket: Socket) => socket.write('{"type":"started","pid":1}\n'), /instead of proof/],
])("fails on %s", async (_what, act, message) => {
  const { socket } = await dial();
  act(socket);
  await expect(boot.proof).rejects.toThrow(message);
});

test("leaves no file, and tells nothing to whom it does not concern", async () => {
  expect(JSON.parse(readFileSync(join(folder, "tries.json"), "utf8"))).toEqual(tries);
  expect(statSync(folder).mode & 0o022).toBe(0);
  await boot.close();
  expect(existsSync(join(folder, "boot.sock"))).toBe(false);
  expect(existsSync(join(folder, "tries.json"))).toBe(false);
});
