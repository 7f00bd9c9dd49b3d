// A plain connection to the server of a tunnel, to an address that was checked just before.

import { connect, type Socket } from "node:net";

import { ConnectTimeout } from "../checked-lookup.ts";
import { connectTarget, type Dial } from "../dial.ts";

const CONNECT_TIMEOUT_MS = 15_000;

/** Rejects with AddressRefused, ConnectTimeout or the network's error. */
export function openPlainly(dial: Dial, gone: AbortSignal): Promise<Socket> {
  return new Promise((opened, failed) => {
    const socket = connect({ ...connectTarget(dial), allowHalfOpen: true, noDelay: true });
    const leave = (): void => void socket.destroy(new Error("the client left"));
    const timer = setTimeout(
      () => socket.destroy(new ConnectTimeout("no connection within 15 seconds")),
      CONNECT_TIMEOUT_MS,
    );
    const settled = (): void => {
      clearTimeout(timer);
      gone.removeEventListener("abort", leave);
    };
    socket.on("error", failed); // it stays: what fails later ends the tunnel by its `close`
    socket.once("close", settled);
    socket.once("connect", () => {
      settled();
      opened(socket);
    });
    gone.addEventListener("abort", leave);
    if (gone.aborted) leave();
  });
}
