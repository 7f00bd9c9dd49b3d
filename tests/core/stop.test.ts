import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";

import type { Backend } from "#contracts/backend.ts";
import { stopBottle } from "#core/console/stop.ts";
import { readAuditLog } from "#lib/store/audit-log.ts";

vi.mock("node:os", async (original) => ({
  ...(await original<typeof import("node:os")>()),
  userInfo: () => {
    throw new Error("uv_os_get_passwd returned ENOENT");
  },
}));

test("an operator whose uid has no name is written down by number", async () => {
  const root = await mkdtemp(join(tmpdir(), "stop-"));
  const bottle = { status: async () => ({ phase: "running" }), stop: async () => {} };
  await stopBottle(root, { name: "local", open: () => bottle } as unknown as Backend, "x-aaaaa", new Date());
  expect((await readAuditLog({ root, slug: "x-aaaaa" })).map(({ actor }) => actor)).toEqual([
    `operator:uid ${process.getuid?.()}`,
  ]);
  await rm(root, { recursive: true, force: true });
});
