// The order that starts an agent, and what is kept of it for a rebuild.

import { describe, expect, test } from "vitest";

import { bootOrder, keptOrder, parseKept } from "#backends/docker/launch/order.ts";
import { specOf } from "#tests/helpers/bottles.ts";

const spec = specOf({
  slug: "agent-1",
  argv: ["claude", "--continue"],
  env: { PATH: "/opt/bottle-dash:/usr/bin", SECRET: "s", LANG: "C.UTF-8" },
  copyCwd: "/somewhere",
  resources: { pids: 60, memory: 2 ** 28 },
  supervise: true,
});

describe("an order", () => {
  test("has what the image sets below ours, and its PATH after ours", () => {
    const order = bootOrder(keptOrder(spec), { PATH: "/usr/local/bin:/usr/bin", LANG: "de_DE", NODE_VERSION: "24" });
    expect(order.env).toEqual({
      PATH: "/opt/bottle-dash:/usr/bin:/usr/local/bin",
      SECRET: "s",
      LANG: "C.UTF-8",
      NODE_VERSION: "24",
    });
    expect(order).toMatchObject({ type: "go", argv: ["claude", "--continue"], cwd: "/home/node/workspace" });
  });

  test("starts where the bottle's agent is to, and knows whether it takes over the screen", () => {
    expect(keptOrder({ ...spec, cwd: "/home/node" })).toMatchObject({ cwd: "/home/node", has_screen: false });
    const program = { name: "claude", install: "" };
    expect(keptOrder({ ...spec, program }).has_screen).toBe(true);
    expect(keptOrder({ ...spec, program, argv: ["/opt/bottle-dash/node", "claude"] }).has_screen).toBe(false);
  });

  test("is read again as it was kept", () => {
    const kept = keptOrder(spec);
    expect(parseKept(JSON.stringify(kept))).toEqual(kept);
    expect(kept).not.toHaveProperty("secrets");
  });

  test.each([null, "", "{", "{}", '{"type":"go","argv":[]}'])("is not read from %j", (text) => {
    expect(() => parseKept(text)).toThrow(/keep no order/);
  });
});
