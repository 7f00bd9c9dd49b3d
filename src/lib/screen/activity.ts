// Edges of busy and idle: busy with the first sign of life, idle after a while without one.

export interface ActivityClock {
  /** Undefined until there was a sign of life, or none for a while. */
  readonly activity: "busy" | "idle" | undefined;
  /** Output or input happened. */
  touch(): void;
  stop(): void;
}

export const IDLE_AFTER_MS = 2000;

export function activityClock(edge: (activity: "busy" | "idle") => void, idleAfterMs = IDLE_AFTER_MS): ActivityClock {
  let activity: "busy" | "idle" | undefined;
  const turn = (next: "busy" | "idle"): void => {
    activity = next;
    edge(next);
  };
  const arm = (): NodeJS.Timeout => setTimeout(() => turn("idle"), idleAfterMs).unref();
  let armed = arm();
  return {
    get activity() {
      return activity;
    },
    touch() {
      if (activity === "busy") return void armed.refresh();
      clearTimeout(armed);
      turn("busy");
      armed = arm();
    },
    stop: () => clearTimeout(armed),
  };
}
