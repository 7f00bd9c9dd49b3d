import { tmpdir } from "node:os";

import { expect, test } from "vitest";

import { startAgent } from "#sidecars/entrypoint/agent.ts";

const order = { type: "go", argv: ["no-such-program"], env: { PATH: "/usr/bin" }, cwd: tmpdir(), files: [] } as const;

test("says of a program that no bottle has where programs come from", async () => {
  await expect(startAgent({ ...order, argv: [...order.argv], files: [] })).rejects.toThrow(
    /there is no no-such-program in the bottle: .*provider\.yml names it as `program`/,
  );
});

test("does not blame the program for a folder that is gone", async () => {
  await expect(startAgent({ ...order, argv: ["true"], files: [], cwd: "/nowhere" })).rejects.toThrow(
    "there is no folder /nowhere to start it in",
  );
});
