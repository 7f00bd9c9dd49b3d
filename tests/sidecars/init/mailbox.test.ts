import { expect, it } from "vitest";

import { fold, newMailbox } from "#sidecars/init/mailbox.ts";
import type { InitEvent } from "#sidecars/init/plan-actions.ts";

const reload: InitEvent = { type: "reload-requested" };
const stop: InitEvent = { type: "stop-requested", by: "SIGTERM" };
const died: InitEvent = { type: "exited", daemon: "egress", code: 1, signal: null, at: 0 };

it("folds requests that wait already, and keeps the order", () => {
  const waiting = [reload, stop, reload, { ...stop, by: "SIGINT" }].reduce<InitEvent[]>(fold, []);
  expect(waiting).toEqual([reload, stop]);
});

it("never folds what happened to a daemon", () => {
  expect([died, died].reduce<InitEvent[]>(fold, [])).toEqual([died, died]);
});

it("takes a request again once the former one was taken", async () => {
  const mailbox = newMailbox();
  mailbox.post(reload);
  mailbox.post(reload);
  expect(await mailbox.take()).toEqual(reload);
  const next = mailbox.take();
  mailbox.post(reload);
  expect(await next).toEqual(reload);
});
