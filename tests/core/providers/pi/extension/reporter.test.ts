import { createServer, type Server, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

import { afterEach, expect, test, vi } from "vitest";

import type { Said } from "#core/providers/pi/extension/doing.ts";
import { reporter } from "#core/providers/pi/extension/reporter.ts";

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** Keeps what it is told; `answer` says how. */
async function listen(answer: (response: ServerResponse, count: number) => void) {
  const told: Said[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += String(chunk)));
    request.on("end", () => {
      told.push(JSON.parse(body) as Said);
      answer(response, told.length);
    });
  });
  servers.push(server.listen(0, "127.0.0.1"));
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/state`;
  return { told, url, details: () => told.map(({ detail }) => detail) };
}

const taken = (response: ServerResponse) => response.writeHead(204).end();
const busy = (detail: string): Said => ({ state: "busy", detail, event: "test" });
const NEVER = 1e6;

test("the first change is told at once, and of many close upon it only the newest", async () => {
  const { told, url, details } = await listen(taken);
  const report = reporter(url, { spacing: 30, again: NEVER, retry: NEVER, timeout: 1000 });
  report.say(busy("first"));
  for (let count = 0; count < 50; count += 1) report.say(busy(`more ${count}`));
  report.say({ state: "idle", detail: "", event: "test" });
  await expect.poll(() => told.at(-1)?.state).toBe("idle");
  expect(details()).toEqual(["first", ""]);
});

test("what is the same is said once", async () => {
  const { url, details } = await listen(taken);
  const report = reporter(url, { spacing: 1, again: NEVER, retry: NEVER, timeout: 1000 });
  report.say(busy("same"));
  await expect.poll(details).toEqual(["same"]);
  report.say(busy("same"));
  report.say(busy("other"));
  await expect.poll(details).toEqual(["same", "other"]);
});

test("what lasts is said again, so that it does not become stale", async () => {
  const { url, details } = await listen(taken);
  const report = reporter(url, { spacing: 1, again: 20, retry: NEVER, timeout: 1000 });
  report.say(busy("lasting"));
  await expect.poll(() => details().length).toBeGreaterThan(2);
  report.stop();
  expect(new Set(details())).toEqual(new Set(["lasting"]));
});

test("one that was refused is tried until it is taken", async () => {
  const { url, details } = await listen((response, count) => response.writeHead(count < 3 ? 429 : 204).end());
  const report = reporter(url, { spacing: 1, again: NEVER, retry: 10, timeout: 1000 });
  report.say(busy("heard at last"));
  await expect.poll(() => details().length).toBe(3);
  report.say(busy("next"));
  await expect.poll(() => details().at(-1)).toBe("next");
  expect(details()).toEqual(["heard at last", "heard at last", "heard at last", "next"]);
});

test("what is newer by the time of a refusal goes in its place", async () => {
  const report: ReturnType<typeof reporter>[] = [];
  const { url, details } = await listen((response, count) => {
    if (count === 1) report[0]?.say(busy("new"));
    response.writeHead(count === 1 ? 503 : 204).end();
  });
  report.push(reporter(url, { spacing: 1, again: NEVER, retry: NEVER, timeout: 1000 }));
  report[0]?.say(busy("old"));
  await expect.poll(details).toEqual(["old", "new"]);
});

test("a server that is not there, or never answers, is neither an error nor a hold-up", async () => {
  const unhandled = vi.fn();
  process.on("unhandledRejection", unhandled);
  const gone = reporter("http://127.0.0.1:1/state", { spacing: 1, again: NEVER, retry: 5, timeout: 1000 });
  gone.say(busy("to nobody"));
  const { url, details } = await listen(() => {});
  const deaf = reporter(url, { spacing: 1, again: NEVER, retry: 5, timeout: 30 });
  deaf.say(busy("unheard"));
  await expect.poll(() => details().length).toBeGreaterThan(1);
  gone.stop();
  deaf.stop();
  process.off("unhandledRejection", unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});
