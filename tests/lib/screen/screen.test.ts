// What is read off an agent's screen, also of what a program has put together there cell by cell.

import { expect, test } from "vitest";

import { fingerprintOf } from "#lib/redact/fingerprint.ts";
import { redactionsOf } from "#lib/redact/redactions-file.ts";
import { openScreen } from "#lib/screen/screen.ts";

const KEY = Buffer.alloc(32, 5);
const SECRET = "pat_7Hq2LwZ9xVb4Nc8Rt1Yk";

test("a secret that was drawn in pieces is in no snapshot, no last line and no last words", async () => {
  const { text } = redactionsOf([fingerprintOf("PAT", SECRET, KEY)!], KEY);
  const screen = openScreen({ cols: 80, rows: 10 }, () => {}, undefined, undefined, text);
  const [head, tail] = [SECRET.slice(0, 11), SECRET.slice(11)];
  screen.show(`first\r\nuse ${head}\u001b[9;1H(3 s)\u001b[2;${5 + head.length}H${tail} now\r\n`, 0);
  await new Promise<void>((resolve) => screen.afterAll(resolve));
  expect(screen.state().snapshot).toContain("[redacted PAT]");
  expect(screen.plainTail(10)).toEqual(expect.arrayContaining(["first", "use [redacted PAT] now"]));
  expect(`${screen.state().snapshot} ${screen.plainTail(10).join(" ")} ${screen.lastLine()}`).not.toContain(tail);
  const empty = openScreen({ cols: 80, rows: 10 }, () => {}, undefined, undefined, text);
  expect(empty.plainTail(10)).toEqual([]);
});
