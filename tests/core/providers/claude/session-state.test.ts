// The program that Claude Code calls when the file of its session has changed, as a process of its own.

import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const PROGRAM = fileURLToPath(
  new URL("../../../../src/core/providers/claude/inside/session-state.ts", import.meta.url),
);

let home = "";
let server: Server;
let said: unknown[] = [];
/** Called with each report before it is answered. */
let whenTold: () => void = () => {};

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "session-state-"));
  mkdirSync(join(home, ".claude", "sessions"), { recursive: true });
  said = [];
  whenTold = () => {};
  server = createServer((request, response) => {
    void text(request).then((body) => {
      said.push(JSON.parse(body));
      whenTold();
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(() => {
  server.close();
  rmSync(home, { recursive: true, force: true });
});

const session = (name = "7.json"): string => join(home, ".claude", "sessions", name);
const keep = (state: object): void => writeFileSync(session(), JSON.stringify({ pid: 7, ...state }));

/** What it prints; it must end well whatever it is told. */
async function call(input: object | string, port = (server.address() as AddressInfo).port): Promise<string> {
  const child = spawn(process.execPath, [PROGRAM, `http://127.0.0.1:${port}/state`], {
    env: { HOME: home },
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.end(typeof input === "string" ? input : JSON.stringify(input));
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise((resolve) => child.once("close", resolve)),
  ]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
}

const changed = (path = session()): Promise<string> => call({ hook_event_name: "FileChanged", file_path: path });

describe("a session", () => {
  it("that begins is idle, and its file is watched from then on", async () => {
    const printed = await call({ hook_event_name: "SessionStart", source: "startup" });
    expect(JSON.parse(printed)).toEqual({
      hookSpecificOutput: { hookEventName: "SessionStart", watchPaths: [join(home, ".claude", "sessions")] },
    });
    expect(said).toEqual([{ state: "idle", detail: "", event: "SessionStart" }]);
  });

  it("that begins anew in the middle of a turn is not idle, and is watched all the same", async () => {
    expect(await call({ hook_event_name: "SessionStart", source: "compact" })).toContain("watchPaths");
    expect(await call({ hook_event_name: "CwdChanged" })).toContain('"hookEventName":"CwdChanged"');
    expect(said).toEqual([]);
  });

  it.each([
    [{ status: "idle" }, [{ state: "idle", detail: "" }]],
    [{ status: "shell" }, [{ state: "idle", detail: "a command of its own goes on in the background" }]],
    [{ status: "waiting", waitingFor: "dialog open" }, [{ state: "waiting", detail: "dialog open" }]],
    // Its own hooks say these sooner, and better.
    [{ status: "waiting", waitingFor: "permission prompt" }, []],
    [{ status: "busy" }, []],
    [{ status: "dancing" }, []],
    [{}, []],
  ])("that changed to %j is told as %j", async (state, told) => {
    keep(state);
    expect(await changed()).toBe("");
    expect(said).toEqual(told.map((report) => ({ ...report, event: "session file" })));
  });

  it("that became busy while it was told to be idle is told again", async () => {
    keep({ status: "idle" });
    whenTold = () => keep({ status: "busy" });
    await changed();
    expect(said).toMatchObject([{ state: "idle" }, { state: "busy" }]);
  });
});

describe("what goes wrong stays here", () => {
  it("with files that are none of its", async () => {
    writeFileSync(join(home, "other.json"), JSON.stringify({ status: "idle" }));
    writeFileSync(session("bad.json"), "{ half");
    for (const path of [
      join(home, "other.json"),
      session("bad.json"),
      session("gone.json"),
      session("../../other.json"),
    ])
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await changed(path);
    for (const input of [
      "",
      "no json",
      "[]",
      "null",
      { hook_event_name: "Surprise" },
      { hook_event_name: "FileChanged" },
    ])
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await call(input);
    expect(said).toEqual([]);
  });

  it("with nobody to tell", async () => {
    keep({ status: "idle" });
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    expect(await call({ hook_event_name: "FileChanged", file_path: session() }, port)).toBe("");
  });
});
