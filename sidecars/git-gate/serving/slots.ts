// At most so many at once; the others wait in line, and the line has an end.

export interface Slots {
  /** Resolves with what gives the place back; undefined when the line is full or the caller went. */
  take(signal: AbortSignal): Promise<(() => void) | undefined>;
  readonly taken: number;
}

export function openSlots(most: number, mostWaiting: number): Slots {
  let taken = 0;
  const line: (() => void)[] = [];

  const giveBack = (): (() => void) => {
    let given = false;
    return () => {
      if (given) return;
      given = true;
      taken -= 1;
      line.shift()?.();
    };
  };
  return {
    get taken() {
      return taken;
    },
    take(signal) {
      if (signal.aborted) return Promise.resolve(undefined);
      if (taken < most) {
        taken += 1;
        return Promise.resolve(giveBack());
      }
      if (line.length >= mostWaiting) return Promise.resolve(undefined);
      return new Promise((resolve) => {
        const enter = (): void => {
          signal.removeEventListener("abort", leave);
          taken += 1;
          resolve(giveBack());
        };
        const leave = (): void => {
          line.splice(line.indexOf(enter), 1);
          resolve(undefined);
        };
        signal.addEventListener("abort", leave, { once: true });
        line.push(enter);
      });
    },
  };
}
