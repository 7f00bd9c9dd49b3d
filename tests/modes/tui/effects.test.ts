import { expect, test } from "vitest";

import { Effects } from "#modes/tui/effects.ts";
import type { Store } from "#modes/tui/store.ts";
import { fakeConsole } from "#tests/helpers/fake-console.ts";

test("a rejection is told as done: nothing of it is applied later", async () => {
  const decision = {
    version: 1,
    id: "p",
    digest: "d",
    status: "rejected",
    scope: "once",
    notes: "use the mirror",
    decided_by: "me@here (1)",
    decided_at: "2030-01-01T12:00:00.000Z",
  } as const;
  const never = () => Promise.reject(new Error("not asked for"));
  const effects = new Effects({
    console: fakeConsole({ reject: () => Promise.resolve(decision) }),
    startDemo: never,
    clock: () => 0,
    end: () => undefined,
    sleep: () => undefined,
    attach: never,
    edit: never,
    editTable: never,
  });
  const told = new Promise<unknown>((resolve) => {
    effects.run({ type: "reject", id: "p", digest: "d", reason: "use the mirror" }, { dispatch: resolve } as Store);
  });
  expect(await told).toEqual({ type: "ended", about: "p", tone: "good", text: "rejected" });
});
