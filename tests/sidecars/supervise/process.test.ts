// The daemon itself: how it starts, what it takes over HTTP, and how it ends.

import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { afterEach, describe, expect, it } from "vitest";

import { MOST_BODY_BYTES } from "#sidecars/supervise/limits.ts";
import { removeSupervises, spawnSupervise, startSupervise } from "#tests/helpers/supervise-process.ts";

afterEach(removeSupervises);

const JSON_TYPE = { "content-type": "application/json", accept: "application/json, text/event-stream" };

describe("starting and stopping", () => {
  it("listens where the bottle's other user may connect, and nowhere else", async () => {
    const { paths } = await startSupervise();
    expect(statSync(paths.supervise.socket).mode & 0o777).toBe(0o666);
    expect(statSync(dirname(paths.supervise.socket)).mode & 0o777).toBe(0o711);
    expect(statSync(paths.supervise.dir).mode & 0o777).toBe(0o700);
    expect(statSync(paths.supervise.currentConfig).mode & 0o777).toBe(0o755);
  });

  it.each(["0", "-1", "soon", "", "Infinity"])(
    "refuses a time-out of %j with exit code 2 and a message",
    async (seconds) => {
      const supervise = await refused({ SUPERVISE_RESPONSE_TIMEOUT_SECONDS: seconds });
      expect(supervise.code).toBe(2);
      expect(supervise.output).toContain("SUPERVISE_RESPONSE_TIMEOUT_SECONDS");
      expect(supervise.output).toContain("is not a positive number of seconds");
    },
  );

  it("ends when its lifeline closes", async () => {
    const supervise = await startSupervise();
    supervise.process.stdin?.end();
    expect(await supervise.exit()).toBe(0);
  });

  it("answers pending to calls that wait when it is asked to stop", async () => {
    const supervise = await startSupervise();
    const agent = await supervise.client();
    await agent.tools();
    const call = agent.call("ask-operator", { text: "Now?" });
    await expect.poll(() => existsSync(supervise.paths.queue)).toBe(true);
    await expect
      .poll(async () => (await import("#lib/store/read-queue.ts")).readQueue(supervise.of))
      .toMatchObject({ items: [{}] });
    supervise.process.kill("SIGTERM");
    expect((await call).text).toContain("status: pending");
    expect(await supervise.exit()).toBe(0);
  });
});

describe("over HTTP", () => {
  it("answers 413 to a body over 1 MiB, announced or not, on both paths", async () => {
    const supervise = await startSupervise();
    const body = "x".repeat(MOST_BODY_BYTES + 1);
    const chunked = { ...JSON_TYPE, "transfer-encoding": "chunked" };
    for (const path of ["/mcp", "/state", "/result"]) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      expect((await supervise.http(path, { method: "POST", headers: JSON_TYPE, body })).status).toBe(413);
      // oxlint-disable-next-line no-await-in-loop -- one after another
      expect((await supervise.http(path, { method: "POST", headers: chunked, body })).status).toBe(413);
    }
  });

  it("offers no stream of its own: 405 tells clients so", async () => {
    const supervise = await startSupervise();
    expect((await supervise.http("/mcp", { headers: { accept: "text/event-stream" } })).status).toBe(405);
  });

  it.each(["{", "", "null", "[]", '"x"', '{"jsonrpc":"1.0"}', '{"jsonrpc":"2.0","id":1,"method":"no/such"}'])(
    "answers bad MCP %j and goes on",
    async (body) => {
      const supervise = await startSupervise();
      const answer = await supervise.http("/mcp", { method: "POST", headers: JSON_TYPE, body });
      expect(answer.status).toBeLessThan(500);
      expect(answer.body).toContain('"error"');
      expect((await supervise.http("/nothing", {})).status).toBe(404);
    },
  );

  it("refuses a page of another site that the agent has open in a browser", async () => {
    const supervise = await startSupervise();
    const headers = { ...JSON_TYPE, origin: "https://evil.example" };
    expect((await supervise.http("/state", { method: "POST", headers, body: '{"state":"idle"}' })).status).toBe(403);
    const own = { ...JSON_TYPE, origin: "http://127.0.0.1:9100" };
    expect((await supervise.http("/state", { method: "POST", headers: own, body: '{"state":"idle"}' })).status).toBe(
      204,
    );
  });
});

describe("POST /state", () => {
  it("keeps what the agent says of itself, as plain text", async () => {
    const supervise = await startSupervise();
    const body = JSON.stringify({ state: "waiting", detail: `\u001b[31mfor\u0007 you${"!".repeat(500)}` });
    expect((await supervise.http("/state", { method: "POST", body })).status).toBe(204);
    const report = JSON.parse(readFileSync(supervise.paths.agent.state, "utf8"));
    expect(report).toMatchObject({ state: "waiting", detail: `for you${"!".repeat(193)}` });
    expect(new Date(report.at).getTime()).toBeGreaterThan(Date.now() - 60_000);
  });

  it("takes a hook's own words, whose address says what they mean, however long they are", async () => {
    const supervise = await startSupervise();
    const call = "/state?state=busy&event=PostToolUse&detail=tool_name";
    for (const [size, detail] of [
      [10, "Bash"],
      [2 * 1_048_576, ""],
    ] as const) {
      const body = JSON.stringify({ tool_name: "Bash", tool_response: "x".repeat(size) });
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect((await supervise.http(call, { method: "POST", body })).status).toBe(204);
      const report = JSON.parse(readFileSync(supervise.paths.agent.state, "utf8"));
      expect(report).toMatchObject({ state: "busy", event: "PostToolUse", detail });
    }
  });

  it.each(["{", '{"state":"asleep"}', '{"state":"busy","pid":1}', "null"])("refuses %j with 400", async (body) => {
    const supervise = await startSupervise();
    expect((await supervise.http("/state", { method: "POST", body })).status).toBe(400);
    expect(existsSync(supervise.paths.agent.state)).toBe(false);
  });
});

async function refused(env: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const supervise = spawnSupervise({ root: "/nonexistent", slug: "demo-abcde" }, env);
  const code = await supervise.exit();
  return { code, output: supervise.output() };
}
