// The terminal as Ink sees it: of a size that changes only together with the frame, and closed for good after a crash.

export interface ScreenSize {
  readonly cols: number;
  readonly rows: number;
}

/** What Ink uses of a terminal's output. It never hears of a resize: the dashboard draws anew by itself. */
export class ScreenStream {
  readonly isTTY: boolean;
  columns: number;
  rows: number;
  readonly writable = true;
  readonly destroyed = false;
  readonly writableEnded = false;
  #open = true;
  readonly #stdout: NodeJS.WriteStream;

  constructor(stdout: NodeJS.WriteStream) {
    this.#stdout = stdout;
    this.isTTY = stdout.isTTY;
    const { cols, rows } = sizeOf(stdout);
    this.columns = cols;
    this.rows = rows;
  }

  write(data: string, done?: () => void): boolean {
    if (this.#open) return this.#stdout.write(data, done);
    if (done !== undefined) setImmediate(done);
    return true;
  }

  /** Takes the terminal's size as it is now. */
  measure(): ScreenSize {
    const size = sizeOf(this.#stdout);
    this.columns = size.cols;
    this.rows = size.rows;
    return size;
  }

  /** Nothing that is drawn from now on reaches the terminal. */
  close(): void {
    this.#open = false;
  }

  on(): this {
    return this;
  }

  off(): this {
    return this;
  }
}

function sizeOf(stdout: NodeJS.WriteStream): ScreenSize {
  return { cols: stdout.columns || 80, rows: stdout.rows || 24 };
}
