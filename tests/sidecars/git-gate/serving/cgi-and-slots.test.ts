import { describe, expect, it } from "vitest";

import { readCgiHead } from "#sidecars/git-gate/serving/cgi-head.ts";
import { openSlots } from "#sidecars/git-gate/serving/slots.ts";

const read = (text: string) => readCgiHead(Buffer.from(text, "latin1"));

describe("the head of a CGI program's answer", () => {
  it("is read once it is whole, and what is behind it is kept", () => {
    expect(read("Content-Type: a/b\r\n")).toEqual({ kind: "more" });
    expect(read("Status: 404 Not Found\r\nContent-Type: a/b\r\n\r\nbody\r\n\r\n")).toEqual({
      kind: "head",
      head: { status: 404, headers: [["content-type", "a/b"]] },
      rest: Buffer.from("body\r\n\r\n"),
    });
    expect(read("Content-Type: a/b\n\n")).toMatchObject({ head: { status: 200 } });
  });

  it.for(["no head\r\n\r\n", "Status: abc\r\n\r\n", "Bad name: x\r\n\r\n", "x".repeat(20_000)])(
    "is not %.20j",
    (text) => {
      expect(read(text)).toEqual({ kind: "bad" });
    },
  );
});

describe("places for git processes", () => {
  const never = new AbortController().signal;

  it("are given in the order in which they were asked for", async () => {
    const slots = openSlots(1, 2);
    const order: string[] = [];
    const first = await slots.take(never);
    const second = slots.take(never).then((giveBack) => (order.push("second"), giveBack));
    const third = slots.take(never).then((giveBack) => (order.push("third"), giveBack));
    first!();
    (await second)!();
    (await third)!();
    expect(order).toEqual(["second", "third"]);
    expect(slots.taken).toBe(0);
  });

  it("are refused when the line is full, and given back once only", async () => {
    const slots = openSlots(1, 1);
    const first = await slots.take(never);
    const waiting = slots.take(never);
    expect(await slots.take(never)).toBeUndefined();
    first!();
    first!();
    expect(await waiting).toBeTypeOf("function");
    expect(slots.taken).toBe(1);
  });

  it("are not kept for those who leave the line", async () => {
    const slots = openSlots(1, 1);
    const first = await slots.take(never);
    const gone = new AbortController();
    const waiting = slots.take(gone.signal);
    gone.abort();
    expect(await waiting).toBeUndefined();
    first!();
    expect(slots.taken).toBe(0);
    expect(await slots.take(gone.signal)).toBeUndefined();
  });
});
