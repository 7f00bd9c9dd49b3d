// When to draw: at once after a key, else at most once a frame, and when a time on the screen changes.

const FRAME_MS = 33;

export interface Frames {
  now(): void;
  /** Any number of calls become one. */
  soon(): void;
  cancel(): void;
}

export function createFrames(draw: () => void): Frames {
  let timer: NodeJS.Timeout | undefined;
  let last = -Infinity;
  const now = (): void => {
    clearTimeout(timer);
    timer = undefined;
    last = performance.now();
    draw();
  };
  return {
    now,
    soon: () => void (timer ??= setTimeout(now, Math.max(0, FRAME_MS - (performance.now() - last)))),
    cancel: () => clearTimeout(timer),
  };
}

const URGENT_MS = 121_000;

/** Milliseconds until a shown time changes: each minute for ages, each second while a held request runs out; or never. */
export function untilTimeChanges(at: number, deadlines: readonly number[], hasAges: boolean): number | undefined {
  if (deadlines.some((deadline) => deadline > at && deadline - at < URGENT_MS)) return 1000 - (at % 1000);
  return hasAges || deadlines.length > 0 ? 60_000 - (at % 60_000) : undefined;
}
