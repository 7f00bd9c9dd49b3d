// Edges of busy and idle: busy with the first sign of life, idle after a while without one.

export interface ActivityClock {
  readonly activity: "busy" | "idle";
  /** Output or input happened. */
  touch(): void;
  stop(): void;
}

export const IDLE_AFTER_MS = 2000;

export function activityClock(edge: (activity: "busy" | "idle") => void, idleAfterMs = IDLE_AFTER_MS): ActivityClock {
  let activity: "busy" | "idle" = "idle";
  const turn = (next: "busy" | "idle"): void => {
    activity = next;
    edge(next);
  };
  let armed: NodeJS.Timeout | undefined;
  return {
    get activity() {
      return activity;
    },
    touch() {
      if (activity === "idle") {
        turn("busy");
        armed = setTimeout(() => turn("idle"), idleAfterMs).unref();
      } else {
        armed?.refresh();
      }
    },
    stop: () => clearTimeout(armed),
  };
}
