import { describe, expect, test } from "vitest";

import { limitsFor, type CgroupHost } from "#backends/local/sandbox/limits.ts";

const two: CgroupHost = { version: 2, root: "/cg" };
const one: CgroupHost = { version: 1, roots: { memory: "/cg/memory", pids: "/cg/pids", cpu: "/cg/cpu" } };
const all = { memory: 1_000_000, pids: 50, cpus: 1.5 };

describe("with control groups", () => {
  test("of version 2 one folder holds all limits", () => {
    expect(limitsFor("a-1", all, two).groups).toEqual([
      {
        folder: "/cg/bottle-dash.a-1",
        files: { "memory.max": "1000000", "pids.max": "50", "cpu.max": "150000 100000" },
      },
    ]);
  });

  test("of version 1 each controller has its own", () => {
    expect(limitsFor("a-1", all, one).groups).toEqual([
      { folder: "/cg/memory/bottle-dash.a-1", files: { "memory.limit_in_bytes": "1000000" } },
      { folder: "/cg/pids/bottle-dash.a-1", files: { "pids.max": "50" } },
      { folder: "/cg/cpu/bottle-dash.a-1", files: { "cpu.cfs_quota_us": "150000" } },
    ]);
  });

  test("everything is enforced, for all processes together", () => {
    expect(limitsFor("a-1", all, two)).toMatchObject({
      prefix: [],
      unenforced: [],
      enforced: [expect.stringContaining("in all"), expect.anything(), expect.anything()],
    });
  });
});

describe("without control groups", () => {
  test("each process is limited, and what does not hold is said", () => {
    const limits = limitsFor("a-1", all, undefined);
    expect(limits.first).toEqual(["prlimit", "--nproc=50", "--"]);
    expect(limits.prefix).toEqual(["prlimit", "--data=1000000", "--"]);
    expect(limits.enforced).toEqual([
      "memory: 1000000 bytes of data for each process",
      "processes and threads: 50 in all",
    ]);
    expect(limits.unenforced).toHaveLength(2);
  });
});

test.each([two, one, undefined])("nothing is said or done without a limit (%o)", (host) => {
  expect(limitsFor("a-1", {}, host)).toEqual({ groups: [], first: [], prefix: [], enforced: [], unenforced: [] });
});
