// The first message of a TLS client, read strictly as it arrives: which server it names, and whether it hides another
// name. Nothing is decrypted, and what two parsers could read differently is malformed.

export interface ClientHello {
  /** The one host name, as the client wrote it; undefined when it names none. */
  readonly serverName: string | undefined;
  /** The protocols it offers, in its order. */
  readonly alpn: readonly string[];
  /** It carries encrypted_client_hello (or its drafts): the name above may not be the server that it is for. */
  readonly hidden: boolean;
}

export type HelloRead =
  | { readonly state: "more" }
  | { readonly state: "hello"; readonly hello: ClientHello }
  | { readonly state: "bad"; readonly reason: string };

export interface HelloReader {
  /** The state after these bytes too; once it is not "more", further bytes change nothing. */
  push(bytes: Uint8Array): HelloRead;
}

/** Real hellos are below 2 KB, those with post-quantum keys below 4: servers take no more than this either. */
const LARGEST_HELLO = 65_536;
const LARGEST_FRAGMENT = 16_384;
const RECORD_HEADER = 5;
const MESSAGE_HEADER = 4;
const HANDSHAKE_RECORD = 22;
const CLIENT_HELLO = 1;

/** How the bytes are split, into reads and into records, makes no difference. */
export function readClientHello(): HelloReader {
  const header = new Uint8Array(RECORD_HEADER);
  let headerRead = 0;
  let fragmentLeft = 0;
  let message = new Uint8Array(MESSAGE_HEADER);
  let messageRead = 0;
  let end: HelloRead | undefined;

  const startFragment = (): HelloRead | undefined => {
    const [type, major, minor, high = 0, low = 0] = header;
    fragmentLeft = high * 256 + low;
    if (type !== HANDSHAKE_RECORD) return bad("it does not begin with a TLS handshake record");
    if (major !== 3 || minor === undefined || minor > 4) return bad("a record has no version of TLS");
    if (fragmentLeft === 0 || fragmentLeft > LARGEST_FRAGMENT) return bad("a record has an impossible length");
    return undefined;
  };
  const startMessage = (): HelloRead | undefined => {
    const [type, high = 0, middle = 0, low = 0] = message;
    const length = high * 65_536 + middle * 256 + low;
    if (type !== CLIENT_HELLO) return bad("the first message is no ClientHello");
    if (length > LARGEST_HELLO) return bad(`the ClientHello is larger than ${LARGEST_HELLO} bytes`);
    message = new Uint8Array(length);
    messageRead = 0;
    return undefined;
  };
  let inBody = false;
  /** Takes what it can from `bytes` at `at`; returns how much that was. */
  const take = (bytes: Uint8Array, at: number): number => {
    if (fragmentLeft === 0) {
      header[headerRead] = bytes[at] ?? 0;
      headerRead = (headerRead + 1) % RECORD_HEADER;
      if (headerRead === 0) end = startFragment();
      return 1;
    }
    const count = Math.min(fragmentLeft, message.length - messageRead, bytes.length - at);
    message.set(bytes.subarray(at, at + count), messageRead);
    messageRead += count;
    fragmentLeft -= count;
    if (messageRead === message.length && !inBody) {
      inBody = true;
      end = startMessage();
    }
    if (inBody && messageRead === message.length) end ??= finish();
    return count;
  };
  const finish = (): HelloRead =>
    fragmentLeft > 0 ? bad("another message shares the ClientHello's record") : parseClientHello(message);

  return {
    push(bytes) {
      for (let at = 0; at < bytes.length; at += take(bytes, at)) if (end !== undefined) return end;
      return end ?? { state: "more" };
    },
  };
}

const SERVER_NAME = 0;
const ALPN = 16;
/** encrypted_client_hello, its deployed drafts, and encrypted_server_name before it. */
const HIDING = new Set([0xfe0d, 0xfe0c, 0xfe0b, 0xfe0a, 0xfe09, 0xfe08, 0xffce]);

class Malformed extends Error {
  override readonly name = "Malformed";
}

/** The message without its header. */
function parseClientHello(body: Uint8Array): HelloRead {
  try {
    return { state: "hello", hello: readBody(new Cursor(body)) };
  } catch (error) {
    if (error instanceof Malformed) return bad(`the ClientHello is malformed: ${error.message}`);
    throw error;
  }
}

function readBody(body: Cursor): ClientHello {
  if (body.number(2) >> 8 !== 3) throw new Malformed("it has no version of TLS");
  body.bytes(32, "random");
  body.vector(1, "session id", 0, 32);
  if (body.vector(2, "cipher suites", 2).left % 2 !== 0) throw new Malformed("half a cipher suite");
  body.vector(1, "compression methods", 1);
  const extensions = body.left === 0 ? new Map<number, Cursor>() : readExtensions(body.vector(2, "extensions", 0));
  body.end("extensions");
  return {
    serverName: readServerName(extensions.get(SERVER_NAME)),
    alpn: readAlpn(extensions.get(ALPN)),
    hidden: [...extensions.keys()].some((type) => HIDING.has(type)),
  };
}

function readExtensions(list: Cursor): Map<number, Cursor> {
  const extensions = new Map<number, Cursor>();
  while (list.left > 0) {
    const type = list.number(2);
    if (extensions.has(type)) throw new Malformed(`the extension ${type} is there twice`);
    extensions.set(type, list.vector(2, "extension", 0));
  }
  return extensions;
}

/** Several names, or one of another kind, leave open which of them counts. */
function readServerName(extension: Cursor | undefined): string | undefined {
  if (extension === undefined) return undefined;
  const names = extension.vector(2, "server names", 1);
  extension.end("server names");
  if (names.number(1) !== 0) throw new Malformed("the server name is no host name");
  const name = names.vector(2, "server name", 1);
  names.end("the one server name");
  return name.text();
}

function readAlpn(extension: Cursor | undefined): string[] {
  if (extension === undefined) return [];
  const list = extension.vector(2, "protocols", 2);
  extension.end("protocols");
  const protocols: string[] = [];
  while (list.left > 0) protocols.push(list.vector(1, "protocol", 1).text());
  return protocols;
}

function bad(reason: string): HelloRead {
  return { state: "bad", reason };
}

/** Reads forwards and never beyond the end. */
class Cursor {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  bytes(count: number, what: string): Uint8Array {
    if (count > this.left) throw new Malformed(`${what} ends too early`);
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  /** Big-endian, of `size` bytes. */
  number(size: 1 | 2): number {
    return this.bytes(size, "a number").reduce((number, byte) => number * 256 + byte, 0);
  }

  /** What follows its own length, which takes `size` bytes. */
  vector(size: 1 | 2, what: string, least: number, most = 65_535): Cursor {
    const length = this.number(size);
    if (length < least || length > most) throw new Malformed(`${what} has an impossible length`);
    return new Cursor(this.bytes(length, what));
  }

  end(after: string): void {
    if (this.left > 0) throw new Malformed(`something follows ${after}`);
  }

  /** One character a byte: what is no ASCII stays recognisable as such. */
  text(): string {
    return String.fromCharCode(...this.#bytes);
  }
}
