// Live output through a redactor: nobody waits for an echo, and a secret that comes in pieces is waited for.

import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { fingerprintOf } from "#lib/redact/fingerprint.ts";
import { paced } from "#lib/redact/paced.ts";
import { newRedactor } from "#lib/redact/redactor.ts";

const KEY = Buffer.alloc(32, 3);
const TOKEN = "sk-ant-oat01-Zx9Kq2_LmN7pR4tV";
beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function output() {
  const out: string[] = [];
  const redactor = newRedactor([fingerprintOf("TOKEN", TOKEN, KEY)!], KEY);
  return { out, ...paced(redactor, (bytes) => out.push(bytes.toString())) };
}

test("a prompt and an echo are there after a moment", () => {
  const { out, push } = output();
  push(Buffer.from("$ "));
  vi.advanceTimersByTime(10);
  push(Buffer.from("l"));
  vi.advanceTimersByTime(10);
  expect(out.join("")).toBe("$ l");
});

test("a secret that is written word by word is not shown before it is whole", () => {
  const { out, push } = output();
  push(Buffer.from(`it is ${TOKEN.slice(0, 10)}`));
  for (const letter of TOKEN.slice(10)) {
    vi.advanceTimersByTime(400);
    push(Buffer.from(letter));
  }
  vi.advanceTimersByTime(10);
  expect(out.join("")).toBe("it is [redacted TOKEN]");
});

test("what only begins like a secret comes after a while, and all of it at the end", () => {
  const { out, push, end } = output();
  push(Buffer.from(TOKEN.slice(0, 12)));
  vi.advanceTimersByTime(2900);
  expect(out.join("")).toBe("");
  vi.advanceTimersByTime(200);
  expect(out.join("")).toBe(TOKEN.slice(0, 12));
  push(Buffer.from("!"));
  end();
  expect(out.join("")).toBe(`${TOKEN.slice(0, 12)}!`);
});

test("what began like a secret and goes on otherwise is there at once, though output never pauses", () => {
  const { out, push } = output();
  push(Buffer.from("token: sk-ant-oat01-<yours>\r\n> "));
  for (let frame = 0; frame < 20; frame += 1) {
    vi.advanceTimersByTime(100);
    push(Buffer.from("\u001b[1G* Working"));
  }
  vi.advanceTimersByTime(10);
  expect(out.join("")).toContain("token: sk-ant-oat01-<yours>");
  expect(out.join("").split("Working")).toHaveLength(21);
});

test("movements of the cursor put off nothing, and do not wait for what was let go", () => {
  const { out, push } = output();
  push(Buffer.from(TOKEN.slice(0, 12)));
  for (let blink = 0; blink < 31; blink += 1) {
    vi.advanceTimersByTime(100);
    push(Buffer.from("\u001b[?25h"));
  }
  expect(out.join("").startsWith(TOKEN.slice(0, 12))).toBe(true);
  out.length = 0;
  push(Buffer.from("\u001b[?25l"));
  vi.advanceTimersByTime(10);
  expect(out.join("")).toContain("\u001b[?25l");
});
