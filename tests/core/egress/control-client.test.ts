import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { egressEvents, egressStatus } from "#core/egress/control-client.ts";
import { type EgressRequest, NO_TRAFFIC } from "#domain/egress/control.ts";
import { bottlePaths } from "#lib/paths.ts";
import { listenUnix } from "#lib/unix-socket.ts";

const SLUG = "reviewer-k3x9a";
const request = {
  id: 1,
  at: "2030-01-01T12:00:00.000Z",
  verdict: "allow",
  method: "GET",
  scheme: "https",
  protocol: "h2",
  host: "a.test",
  port: 443,
  path: "/",
  status: 200,
  bytes_up: 0,
  bytes_down: 0,
  ms: 1,
  rule: "a.test",
} satisfies EgressRequest;
const status = {
  version: 1,
  table_digest: "x",
  table: { version: 1, on_unknown_host: "block", hold_seconds: 120, hosts: {}, routes: [] },
  counters: NO_TRAFFIC,
  recent: [request],
};

let root: string;
let server: Server;
let answer = "";
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "bottle-dash-test-"));
  const { control } = bottlePaths(root, SLUG).egress;
  mkdirSync(dirname(control), { recursive: true });
  server = createServer((_request, response) => void response.end(answer));
  await listenUnix(server, control, 0o600);
});
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  rmSync(root, { recursive: true });
});

describe("what a proxy of another version says", () => {
  test("is read without what is not known here", async () => {
    const strange = { ...request, verdict: "quarantine" };
    answer = JSON.stringify({
      ...status,
      mood: "new",
      counters: { ...NO_TRAFFIC, moods: 1 },
      recent: [{ ...request, mood: 1 }, strange],
    });
    expect(await egressStatus(root, SLUG)).toEqual(status);
  });

  test.each([
    ["lacks what must be there", JSON.stringify({ ...status, counters: {} })],
    ["is no JSON", "<html>"],
  ])("is told in one sentence where it %s", async (_what, text) => {
    answer = text;
    await expect(egressStatus(root, SLUG)).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("the proxy of this bottle is of another version: restart the dashboard"),
    });
  });

  test("leaves out the lines that cannot be read, and goes on", async () => {
    const lines = [
      { ...request, mood: 1 },
      { ...request, verdict: "quarantine" },
      { ...request, id: 2 },
    ];
    answer = `${lines.map((line) => JSON.stringify(line)).join("\n")}\n{broken\n`;
    const seen: EgressRequest[] = [];
    await egressEvents(root, SLUG, (one) => seen.push(one), new AbortController().signal);
    expect(seen).toEqual([request, { ...request, id: 2 }]);
  });
});
