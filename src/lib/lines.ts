// Bytes to lines, with a bound: a line longer than the limit is cut and says so.

import { StringDecoder } from "node:string_decoder";

export interface LineSplitter {
  push(chunk: Uint8Array | string): void;
  /** Emits what is left as a last line. */
  end(): void;
}

/** Calls `line` for each line without its newline; of a line over `limit` characters only the first `limit`, `cut` true. */
export function splitLines(line: (text: string, cut: boolean) => void, limit = 1_048_576): LineSplitter {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  let cut = false;

  const take = (text: string): void => {
    let start = 0;
    for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", start)) {
      keep(text.slice(start, end));
      emit();
      start = end + 1;
    }
    keep(text.slice(start));
  };
  const keep = (text: string): void => {
    const room = limit - rest.length;
    if (text.length > room) cut = true;
    rest += text.slice(0, room);
  };
  const emit = (): void => {
    line(rest.endsWith("\r") ? rest.slice(0, -1) : rest, cut);
    rest = "";
    cut = false;
  };

  return {
    push: (chunk) =>
      take(
        typeof chunk === "string"
          ? chunk
          : decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)),
      ),
    end: () => {
      take(decoder.end());
      if (rest !== "") emit();
    },
  };
}
