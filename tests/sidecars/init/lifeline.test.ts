import { once } from "node:events";
import { connect, type Socket } from "node:net";

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { newLifeline, serveLifeline } from "#sidecars/init/lifeline.ts";

const PATIENCE = { gapMs: 15_000, firstMs: 60_000 };

describe("the wait for a holder", () => {
  let gone: ReturnType<typeof vi.fn<() => void>>;
  beforeEach(() => {
    vi.useFakeTimers();
    gone = vi.fn<() => void>();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("does not begin while the launcher is there, however long it takes", () => {
    newLifeline(gone, PATIENCE);
    vi.advanceTimersByTime(3_600_000);
    expect(gone).not.toHaveBeenCalled();
  });

  it("ends a minute after a launcher left whose agent never came", () => {
    newLifeline(gone, PATIENCE).launcherLeft();
    vi.advanceTimersByTime(59_999);
    expect(gone).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(gone).toHaveBeenCalledTimes(1);
  });

  it("ends fifteen seconds after the last of several has let go, and no earlier", () => {
    const lifeline = newLifeline(gone, PATIENCE);
    const [one, two] = [lifeline.hold(), lifeline.hold()];
    lifeline.launcherLeft();
    one();
    one(); // a second time means nothing
    vi.advanceTimersByTime(3_600_000);
    expect(gone).not.toHaveBeenCalled();
    two();
    vi.advanceTimersByTime(14_999);
    expect(gone).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(gone).toHaveBeenCalledTimes(1);
  });

  it("is called off by whoever comes meanwhile, and starts anew after them", () => {
    const lifeline = newLifeline(gone, PATIENCE);
    lifeline.hold()();
    vi.advanceTimersByTime(14_000);
    const letGo = lifeline.hold();
    vi.advanceTimersByTime(14_000);
    letGo();
    vi.advanceTimersByTime(14_999);
    expect(gone).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(gone).toHaveBeenCalledTimes(1);
  });

  it("is over when the bundle stops for another reason", () => {
    const lifeline = newLifeline(gone, PATIENCE);
    const letGo = lifeline.hold();
    lifeline.close();
    letGo();
    lifeline.launcherLeft();
    vi.advanceTimersByTime(3_600_000);
    expect(gone).not.toHaveBeenCalled();
  });
});

describe("a connection", () => {
  let close: () => void = () => {};
  const sockets: Socket[] = [];
  afterEach(() => {
    close();
    for (const socket of sockets.splice(0)) socket.destroy();
  });

  const at = { host: "127.0.0.9", port: 39_098 };
  async function dial(): Promise<Socket> {
    const socket = connect(at);
    sockets.push(socket);
    await once(socket, "connect");
    return socket;
  }

  it("holds until it ends, whatever is said on it, and however it ends", async () => {
    let holders = 0;
    const hold = () => {
      holders += 1;
      return () => void (holders -= 1);
    };
    close = await serveLifeline({ hold, launcherLeft: () => {}, close: () => {} }, at);
    const [one, two] = [await dial(), await dial()];
    await expect.poll(() => holders).toBe(2);
    one.write("x".repeat(1_000_000));
    one.end();
    await expect.poll(() => holders).toBe(1);
    two.resetAndDestroy();
    await expect.poll(() => holders).toBe(0);
  });

  it("is refused where the address is not ours, with the reason", async () => {
    const lifeline = newLifeline(() => {}, PATIENCE);
    await expect(serveLifeline(lifeline, { host: "192.0.2.7", port: 9098 })).rejects.toThrow(
      /192\.0\.2\.7:9098: cannot listen/,
    );
  });
});
