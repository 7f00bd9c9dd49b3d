// A redactor for live output: what it holds goes on after a moment of silence, so that nobody who types waits for their echo.

import type { Redactor } from "./redactor.ts";

export interface Paced {
  push(chunk: Buffer): void;
  /** Lets go of all, at once; nothing comes afterwards. */
  end(): void;
}

/** A program's output comes faster than this, even where it is cut into pieces. */
const LITTLE_MS = 10;
/** What began like a secret may be written word by word. */
const SUSPICIOUS_MS = 3000;

/** `out` gets what may be seen, never an empty piece. */
export function paced(redactor: Redactor, out: (bytes: Buffer) => void): Paced {
  let timer: NodeJS.Timeout | undefined;
  let progress = 0;
  const emit = (bytes: Buffer): void => {
    if (bytes.length > 0) out(bytes);
  };
  const letGo = (): void => {
    clearTimeout(timer);
    timer = undefined;
    emit(redactor.flush());
  };
  return {
    push(chunk) {
      emit(redactor.push(chunk));
      // A cursor that blinks does not put off what is suspected.
      if (timer !== undefined && redactor.held === "suspicious" && redactor.progress === progress) return;
      progress = redactor.progress;
      clearTimeout(timer);
      timer = undefined;
      if (redactor.held !== "nothing")
        timer = setTimeout(letGo, redactor.held === "little" ? LITTLE_MS : SUSPICIOUS_MS);
    },
    end: letGo,
  };
}
