import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import type { AuditFact } from "#domain/audit/entry.ts";
import { openAuditTrail } from "#sidecars/egress/asking/audit-trail.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function trail() {
  const written: AuditFact[] = [];
  const problems: string[] = [];
  const opened = openAuditTrail(
    async (fact) => void written.push(fact),
    (message) => problems.push(message),
  );
  return { ...opened, problems, details: () => written.map(({ detail }) => detail) };
}

describe("blocked requests in the audit log", () => {
  test("are written at once the first time, and counted for the rest of a minute", () => {
    const { note, details } = trail();
    for (let index = 0; index < 1000; index += 1)
      note("request-blocked", "a.com:443 (default deny)", `GET https://a.com/${index}`);
    expect(details()).toEqual(["GET https://a.com/0"]);
    vi.advanceTimersByTime(60_000);
    expect(details()).toEqual(["GET https://a.com/0", "999 more within a minute: a.com:443 (default deny)"]);
    vi.advanceTimersByTime(600_000);
    expect(details()).toHaveLength(2);
  });

  test("of very many kinds cost a bounded number of entries", () => {
    const { note, details } = trail();
    for (let round = 0; round < 3; round += 1) {
      for (let index = 0; index < 500; index += 1) note("request-blocked", `kind ${index}`, `detail ${index}`);
    }
    expect(details()).toHaveLength(30);
    vi.advanceTimersByTime(60_000);
    expect(details()).toHaveLength(30 + 20 + 1);
    expect(details().at(-1)).toBe(`${1500 - 30 - 20 * 2} more requests within a minute, of other kinds`);
  });

  test("are plain text in one line, of bounded length", () => {
    const { note, details } = trail();
    note("request-held", "a", `GET \u001b[31mred\u001b[0m\n${"x".repeat(5000)}`);
    expect(details()[0]).toMatch(/^GET red x+$/);
    expect(details()[0]?.length).toBe(1000);
  });

  test("that cannot be written are a line of output, not a crash", async () => {
    const problems: string[] = [];
    const { note, flush } = openAuditTrail(
      () => Promise.reject(new Error("the disk is full")),
      (message) => problems.push(message),
    );
    note("request-blocked", "a", "a");
    await flush();
    expect(problems).toEqual(["the disk is full"]);
  });

  test("that are still counted are written when the proxy ends", async () => {
    const { note, flush, details } = trail();
    note("request-blocked", "a", "first");
    note("request-blocked", "a", "second");
    await flush();
    expect(details()).toEqual(["first", "1 more within a minute: a"]);
  });
});
