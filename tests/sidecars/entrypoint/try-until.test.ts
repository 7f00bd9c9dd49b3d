import { createServer } from "node:net";

import { afterEach, expect, test } from "vitest";

import { demandAnswer } from "#sidecars/entrypoint/forwarder.ts";
import { holdLifeline } from "#sidecars/entrypoint/lifeline.ts";
import { tryUntil } from "#sidecars/entrypoint/try-until.ts";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const PATIENCE_MS = 10_000;

test("what fails at first is tried until it works", async () => {
  let attempts = 0;
  await tryUntil(PATIENCE_MS, async () => {
    attempts += 1;
    if (attempts < 4) throw new Error("not yet");
  });
  expect(attempts).toBe(4);
});

test("what never works fails with its own reason when the time is over", async () => {
  let attempts = 0;
  const trying = tryUntil(0, async () => {
    attempts += 1;
    throw new Error(`failure ${attempts}`);
  });
  await expect(trying).rejects.toThrow("failure 1");
});

test("a lifeline and a way are found at sidecars that begin to listen later", async () => {
  const { port, close } = await listener(0);
  await close();
  const held = holdLifeline({ host: "127.0.0.1", port }, PATIENCE_MS);
  const way = tryUntil(PATIENCE_MS, () => demandAnswer({ host: "127.0.0.1", port }));
  await expect(demandAnswer({ host: "127.0.0.1", port })).rejects.toThrow("ECONNREFUSED");
  await listener(port);
  await expect(Promise.all([held, way])).resolves.toHaveLength(2);
});

test("a lifeline that nobody offers is told with its address", async () => {
  const { port, close } = await listener(0);
  await close();
  await expect(holdLifeline({ host: "127.0.0.1", port }, 0)).rejects.toThrow(
    `the sidecars' lifeline at 127.0.0.1:${port}: connect ECONNREFUSED`,
  );
});

async function listener(port: number): Promise<{ port: number; close: () => Promise<void> }> {
  const server = createServer((socket) => void socket.resume().on("error", () => {}));
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  closing.push(() => server.close());
  const address = server.address() as { port: number };
  return { port: address.port, close: () => new Promise((resolve) => server.close(() => resolve())) };
}
