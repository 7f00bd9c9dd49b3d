// A bottle ends with its agent: its sidecars have nobody left to serve.

import { connectUnix } from "#lib/unix-socket.ts";

/** Asks init to end its daemons and itself; resolves when it is gone, was gone, or `patienceMs` have passed. */
export async function stopSidecars(socketPath: string, patienceMs = 5000): Promise<void> {
  const socket = await connectUnix(socketPath).catch(() => undefined);
  if (socket === undefined) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => socket.destroy(), patienceMs);
    socket.once("close", () => {
      clearTimeout(timer);
      resolve();
    });
    socket.on("error", () => {}); // `close` follows
    socket.resume();
    socket.write(`${JSON.stringify({ stop: true })}\n`);
  });
}
