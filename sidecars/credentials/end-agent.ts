// Ends the agent through whoever holds its terminal: HUP, after five seconds KILL.

import { connectUnix } from "#lib/unix-socket.ts";
import type { GuestRequest } from "#domain/guest-agent/protocol.ts";

const REQUEST: GuestRequest = { id: 1, action: "close_shell", shell: "agent" };
const PATIENCE_MS = 8000;

/** False while nobody listens there: the agent has not begun, or is gone already. */
export async function endAgent(socketPath: string): Promise<boolean> {
  const socket = await connectUnix(socketPath).catch(() => undefined);
  if (socket === undefined) return false;
  await new Promise<void>((resolve) => {
    const patience = setTimeout(() => socket.destroy(), PATIENCE_MS);
    socket.on("error", () => {}); // `close` follows
    socket.once("close", () => {
      clearTimeout(patience);
      resolve();
    });
    socket.once("data", () => socket.destroy()); // the answer comes when the agent is gone
    socket.write(`${JSON.stringify(REQUEST)}\n`);
  });
  return true;
}
