// ClientHellos made by hand: of any size, with any extensions, cut into records of any length.

/** The bytes after their own length, which takes `size` bytes. */
export function vector(size: 1 | 2 | 3, bytes: Buffer): Buffer {
  const length = Buffer.alloc(size);
  length.writeUIntBE(bytes.length, 0, size);
  return Buffer.concat([length, bytes]);
}

export function extension(type: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type >> 8, type & 255]), vector(2, content)]);
}

export function serverNames(...names: string[]): Buffer {
  return extension(
    0,
    vector(2, Buffer.concat(names.map((name) => Buffer.concat([Buffer.of(0), vector(2, Buffer.from(name))])))),
  );
}

/** The handshake message; without `extensions` it has not even an empty list. */
export function clientHello(extensions: readonly Buffer[] | undefined, trailing: Buffer = Buffer.alloc(0)): Buffer {
  const list = extensions === undefined ? Buffer.alloc(0) : vector(2, Buffer.concat(extensions));
  const fixed = [Buffer.from([3, 3]), Buffer.alloc(32, 7), vector(1, Buffer.alloc(0))];
  const offers = [vector(2, Buffer.from([0x13, 1, 0x13, 2])), vector(1, Buffer.of(0))];
  return Buffer.concat([Buffer.of(1), vector(3, Buffer.concat([...fixed, ...offers, list, trailing]))]);
}

/** The message in records of at most `most` bytes. */
export function inRecords(message: Uint8Array, most = 16_384): Buffer {
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += most) {
    records.push(Buffer.from([22, 3, 1]), vector(2, Buffer.from(message.subarray(at, at + most))));
  }
  return Buffer.concat(records);
}
