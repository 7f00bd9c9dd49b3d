// Takes apart what a program in a container writes: stdout and stderr come as frames over one connection.

export interface FrameReader {
  push(chunk: Buffer): void;
}

const HEADER = 8;
const STDERR = 2;

/**
 * A frame is its stream (0 to 2), three zeros, its length and as many bytes; it may come in any pieces, and its content is
 * handed on at once. What is no frame (an engine that tells of an error) counts as stdout to its end.
 */
export function frameReader(on: { stdout(bytes: Buffer): void; stderr(bytes: Buffer): void }): FrameReader {
  let header: Buffer = Buffer.alloc(0);
  let left = 0;
  let isError = false;
  let isRaw = false;

  const take = (bytes: Buffer): void => {
    if (bytes.length > 0) (isError ? on.stderr : on.stdout)(bytes);
  };
  return {
    push(chunk) {
      let rest = chunk;
      while (rest.length > 0 && !isRaw) {
        if (left > 0) {
          const part = rest.subarray(0, left);
          left -= part.length;
          rest = rest.subarray(part.length);
          take(part);
          continue;
        }
        const missing = HEADER - header.length;
        header = Buffer.concat([header, rest.subarray(0, missing)]);
        rest = rest.subarray(missing);
        if (!mayBeHeader(header)) {
          isRaw = true;
          isError = false;
          take(header);
        } else if (header.length === HEADER) {
          isError = header[0] === STDERR;
          left = header.readUInt32BE(4);
          header = Buffer.alloc(0);
        }
      }
      if (isRaw) take(rest);
    },
  };
}

function mayBeHeader(header: Buffer): boolean {
  return (header[0] ?? 0) <= STDERR && header.subarray(1, 4).every((byte) => byte === 0);
}
