// Keeps a flood of output from growing memory: the terminal is paused while what it brought is not yet worked off.

/** Something that takes output and may lag behind. */
export interface Sink {
  /** Bytes that it has not worked off. */
  backlog(): number;
  drained(): Promise<void>;
}

export interface FlowControl {
  /** After each intake of output. */
  check(): void;
}

const PAUSE_AT = 524_288;

export function flowControl(
  source: { pause(): void; resume(): void },
  sinks: readonly Sink[],
  pauseAt = PAUSE_AT,
): FlowControl {
  let paused = false;
  const workOff = async (): Promise<void> => {
    await Promise.all(sinks.map((sink) => sink.drained()));
    paused = false;
    source.resume();
  };
  return {
    check() {
      if (paused || sinks.every((sink) => sink.backlog() <= pauseAt)) return;
      paused = true;
      source.pause();
      void workOff();
    },
  };
}
