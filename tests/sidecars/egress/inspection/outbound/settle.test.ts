// What becomes of a request in which something was found, beside what the pure decision says.

import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, describe, expect, test } from "vitest";

import { excerptOf } from "#sidecars/egress/inspection/outbound/excerpt.ts";
import { openFingerprints } from "#sidecars/egress/inspection/outbound/fingerprint.ts";
import { bench, type Bench } from "#tests/helpers/egress/inspected.ts";

const SECRET = "q8Zt/4vX+w2Lk9Rb7Hn5Yc3M";
const OTHER = "another-secret-of-the-bottle";

let at: Bench | undefined;
afterEach(() => at?.remove());

const begin = (mode: "supervise" | "redact" | "block"): Bench =>
  (at = bench(mode, [
    { rule: "own:test", value: SECRET },
    { rule: "own:other", value: OTHER },
  ]));

test("a canary raises an alarm without its value, whatever the route says of secrets", async () => {
  at = bench("redact", [{ rule: "canary", value: SECRET }]);
  expect(await at.request({ body: `a=${SECRET}` }).sent()).toMatchObject({ ok: false, refusal: { rule: "canary" } });
  expect(at.alarms).toMatchObject([{ rule: "canary", host: "api.example.com", where: "body", excerpt: "a=********" }]);
});

describe("a held finding", () => {
  test("shows the operator words around it, and no other secret", async () => {
    const here = begin("supervise");
    const sent = await here.request({ body: `user=me&pass=${SECRET}&key=${OTHER}&x=1` }).sent();
    expect(sent).toMatchObject({ ok: false, refusal: { code: "rejected" } });
    expect(here.asked).toMatchObject([
      { rule: "own:test", where: "body", excerpt: "user=me&pass=********&key=********&x=1", path: "/" },
    ]);
  });

  test("is asked about each secret in turn, and goes on when both are approved", async () => {
    const here = begin("supervise");
    here.answer = async ({ host, rule }) => {
      here.table.dlp_exceptions?.push({ decision: `d-${rule}`, host, rule, once: true });
      return { end: "allowed" };
    };
    const sent = await here.request({ forward: `/a?b=${OTHER}`, body: SECRET }).sent();
    expect(sent).toMatchObject({ ok: true, forward: `/a?b=${OTHER}` });
    expect(here.asked.map(({ rule }) => rule)).toEqual(["own:other", "own:test"]);
    expect(here.consumed).toEqual(["d-own:other", "d-own:test"]);
    expect(here.findings.map(({ action }) => action)).toEqual(["allowed", "allowed"]);
  });

  test("does not go on when its one use cannot be written down", async () => {
    const here = begin("supervise");
    here.table.dlp_exceptions?.push({ decision: "d1", host: "api.example.com", rule: "own:test", once: true });
    here.full = new Error("the disk is full");
    const sent = await here.request({ body: SECRET }).sent();
    expect(sent).toMatchObject({ ok: false, refusal: { status: 503, code: "storage_failed" } });
  });

  test("in the path is shown without it, everywhere", async () => {
    const here = begin("supervise");
    await here.request({ forward: `/files/${OTHER}/a` }).sent();
    const shown = `/files/${"*".repeat(OTHER.length)}/a`;
    expect(here.asked).toMatchObject([{ where: "path", path: shown }]);
    expect(JSON.stringify([here.audited, here.asked])).not.toContain(OTHER);
  });
});

describe("replaced in the head", () => {
  test("are paths, queries, names and values of headers; slashes of the path stay", async () => {
    const { request } = begin("redact");
    const headers = ["Accept", "*/*", `X-${OTHER}`, "1", "X-Two", `a ${SECRET} b`];
    const sent = await request({ forward: `/a/${encodeURI(SECRET)}/b?c=${OTHER}`, headers }).sent();
    const stars = "*".repeat(OTHER.length);
    expect(sent).toMatchObject({
      ok: true,
      forward: `/a/****/${"*".repeat(19)}/b?c=${stars}`,
      headers: ["Accept", "*/*", `X-${stars}`, "1", "X-Two", `a ${"*".repeat(SECRET.length)} b`],
    });
  });
});

describe("a private key", () => {
  test("is replaced to its end, however long it is", async () => {
    const lines = Array.from({ length: 50 }, () => randomBytes(48).toString("base64")).join("\n");
    const dashes = "-----";
    const key = `${dashes}BEGIN RSA PRIVATE KEY${dashes}\n${lines}\n`;
    const body = JSON.stringify({ key: `${key}${dashes}END RSA PRIVATE KEY${dashes}`, more: 1 });
    const sent = await begin("redact").request({ body }).sent();
    const escaped = JSON.stringify(key).slice(1, -1);
    expect(sent.ok && sent.body.toString()).toBe(body.replace(escaped, "*".repeat(escaped.length)));
  });
});

describe("a request in which nothing is", () => {
  test("goes on at once, as it is", () => {
    const headers = ["accept", "*/*", "user-agent", "curl/8.0"];
    const outbound = begin("block").request({ forward: "/a?b=c" }).inspection.outbound(headers, undefined);
    expect(outbound).toEqual({ ok: true, forward: "/a?b=c", headers, body: undefined });
  });
});

describe("WebSocket messages", () => {
  const message = (of: Bench) => {
    const { inspection } = of.request();
    return (text: string) => inspection.message("outbound", Buffer.from(text), false);
  };

  test("are stopped when a secret is in one, or split over two", async () => {
    const here = begin("block");
    const send = message(here);
    expect(await send(`a ${SECRET}`)).toMatchObject({ ok: false, refusal: { code: "secret_found" } });
    const other = message(here);
    expect(await other(`a ${SECRET.slice(0, 12)}`)).toMatchObject({ ok: true });
    expect(await other(`${SECRET.slice(12)} b`)).toMatchObject({ ok: false, refusal: { code: "secret_found" } });
    expect(here.findings.map(({ where }) => where)).toEqual(["WebSocket message", "WebSocket message"]);
  });

  test("go on with stars, but not when a part has left before", async () => {
    const send = message(begin("redact"));
    const first = await send(`{"a":"${SECRET}"}`);
    expect(first.ok && first.data.toString()).toBe(`{"a":"${"*".repeat(SECRET.length)}"}`);
    const second = await send(`x ${OTHER.slice(0, 9)}`);
    expect(second.ok && second.data.toString()).toBe(`x ${OTHER.slice(0, 9)}`);
    expect(await send(OTHER.slice(9))).toMatchObject({ ok: false, refusal: { code: "secret_found" } });
  });

  test("stay in their order while one waits", async () => {
    const here = begin("supervise");
    let approve = (): void => {};
    here.answer = ({ host, rule }) =>
      new Promise((resolve) => {
        approve = () => {
          here.table.dlp_exceptions?.push({ decision: "d1", host, rule });
          resolve({ end: "allowed" });
        };
      });
    const send = message(here);
    const order: string[] = [];
    const first = send(SECRET).then(() => order.push("first"));
    const second = send("clean").then(() => order.push("second"));
    await expect.poll(() => here.asked.length).toBe(1);
    approve();
    await Promise.all([first, second]);
    expect(order).toEqual(["first", "second"]);
  });
});

describe("an excerpt", () => {
  test("is short, plain text, and shows nothing of any finding", () => {
    const text = `${"x".repeat(200)}\u001b[31m AAAA \u202e BBBB ${"y".repeat(200)}`;
    const bytes = Buffer.from(text);
    const span = (word: string) => ({ start: bytes.indexOf(word), end: bytes.indexOf(word) + 4 });
    const excerpt = excerptOf(bytes, span("AAAA"), [span("BBBB"), span("AAAA")]);
    expect(excerpt.length).toBeLessThanOrEqual(120);
    expect(excerpt).toMatch(/^x+ \*{8} {2}\*{8} y+$/);
  });

  test("shows nothing that may be most of a secret beside the one that was found", () => {
    const secret = "q8Zt4vXw2Lk9Rb7Hn5Yc3MqP";
    const bytes = Buffer.from(`before ${secret} and ${secret.slice(0, -1)} after`);
    const start = bytes.indexOf(secret);
    const excerpt = excerptOf(bytes, { start, end: start + secret.length }, [{ start, end: start + secret.length }]);
    expect(excerpt).toBe("before ******** and ******** after");
  });
});

describe("the key of fingerprints", () => {
  test("is made once, for the operator alone, and kept", async () => {
    const folder = await mkdtemp(join(tmpdir(), "fingerprint-"));
    try {
      const path = join(folder, "egress", "fingerprint.key");
      const value = Buffer.from(SECRET);
      const [first, second] = await Promise.all([openFingerprints(path)(), openFingerprints(path)()]);
      expect(first(value)).toMatch(/^[0-9a-f]{64}$/);
      expect(second(value)).toBe(first(value));
      expect(first(Buffer.from(OTHER))).not.toBe(first(value));
      expect((await stat(path)).mode & 0o777).toBe(0o600);
      const key = await readFile(path, "utf8");
      await writeFile(path, "short");
      const open = openFingerprints(path);
      await expect(open()).rejects.toThrow("is no key of 32 bytes in hex");
      await writeFile(path, key);
      expect((await open())(value)).toBe(first(value)); // a failure is not kept
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
