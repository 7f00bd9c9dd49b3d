// Trying an address on a machine that is busy.

import { createServer, type AddressInfo } from "node:net";

import { expect, test } from "vitest";

import { tryConnect } from "#sidecars/entrypoint/checks/connecting.ts";

test("an answer that came while nobody could look counts, however late it is looked at", async () => {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const result = tryConnect({ host: "127.0.0.1", port }, 20);
  await new Promise((resolve) => process.nextTick(resolve)); // the kernel was asked
  const end = performance.now() + 200;
  while (performance.now() < end); // as other work would
  expect(await result).toBe("connected");
  await new Promise((resolve) => server.close(resolve));
});
