import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { EgressRequest } from "#domain/egress/control.ts";
import { openStoredSeen } from "#sidecars/egress/seen/stored-seen.ts";

const REQUEST: EgressRequest = {
  id: 1,
  at: "2026-01-01T12:00:00.000Z",
  verdict: "allow",
  method: "GET",
  scheme: "https",
  protocol: "http/1.1",
  host: "api.example.com",
  port: 443,
  path: "/v1",
  status: 200,
  bytes_up: 0,
  bytes_down: 0,
  ms: 1,
  rule: "r",
};

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "seen-"));
  path = join(folder, "seen.json");
});
afterEach(() => rm(folder, { recursive: true }));

describe("what was asked for", () => {
  test("outlives a restart, also what came before it was read back", async () => {
    const first = openStoredSeen(path, () => {});
    await first.recall();
    first.note(REQUEST);
    await first.flush();
    const second = openStoredSeen(path, () => {});
    second.note(REQUEST);
    await second.flush(); // not read back yet: the file is left alone
    await second.recall();
    expect(second.read().requests).toMatchObject([{ path: "/v1", count: 2, allowed: 2 }]);
    expect(second.read().since).toBe(first.read().since);
  });

  test("is what has ended, and no tunnel that is not read", () => {
    const seen = openStoredSeen(path, () => {});
    seen.note({ ...REQUEST, open: true });
    seen.note({ ...REQUEST, protocol: "tcp", method: "CONNECT" });
    expect(seen.read().requests).toEqual([]);
  });

  test("is no page of the proxy's own, and no tunnel in which nothing was asked for", () => {
    const seen = openStoredSeen(path, () => {});
    seen.note({ ...REQUEST, scheme: "http", port: 80, host: "_egress.local", path: "/allowlist" });
    seen.note({ ...REQUEST, method: "CONNECT", path: "/", verdict: "block" });
    expect(seen.read().requests).toEqual([]);
  });

  test("begins anew when the file is bad, and says so", async () => {
    await writeFile(path, "{");
    const said: string[] = [];
    const seen = openStoredSeen(path, (message) => said.push(message));
    await seen.recall();
    expect(said).toEqual([expect.stringContaining(path)]);
    expect(seen.read().requests).toEqual([]);
  });
});
