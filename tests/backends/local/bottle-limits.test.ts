import { expect, test } from "vitest";

import { bottleLimits, DEFAULT_PIDS, whyNoDefault, type ProcessHost } from "#backends/local/bottle-limits.ts";

const host: ProcessHost = { kernel: "6.1.0-18-amd64", root: false, prlimit: true, hard: 30_000 };

test("a bottle whose definition names no number of processes gets one, or the preflight says why not", () => {
  const { enforced, unenforced } = bottleLimits({ slug: "a-1", resources: {} });
  expect([...enforced, ...unenforced].join("; ")).toMatch(/processes and threads(: 512 in all| are not limited: )/);
});

test("a definition's own number is kept", () => {
  expect(bottleLimits({ slug: "a-1", resources: { pids: 9 } }).enforced).toEqual(["processes and threads: 9 in all"]);
});

test.each<[string, Partial<ProcessHost>]>([
  ["this kernel counts them with all others of yours", { kernel: "5.10.0-28-amd64" }],
  ["your own limit is 100 already", { hard: 100 }],
  ["there is no prlimit here", { prlimit: false }],
])("the default is left out where it would harm: %s", (why, change) => {
  expect(whyNoDefault({ ...host, ...change })).toBe(why);
});

test.each<Partial<ProcessHost>>([
  {},
  { kernel: "5.14.0" },
  { kernel: "5.10.0", root: true },
  { hard: undefined },
  { hard: DEFAULT_PIDS },
])("the default is set where it holds (%o)", (change) => {
  expect(whyNoDefault({ ...host, ...change })).toBeUndefined();
});
