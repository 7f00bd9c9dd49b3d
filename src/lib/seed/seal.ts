// A seed encrypted at rest: AES-256-GCM with a key derived by scrypt, as one JSON document with a versioned header, which is
// authenticated with the rest.

import { createCipheriv, createDecipheriv, randomBytes, scrypt } from "node:crypto";
import { promisify } from "node:util";
import * as z from "zod";

import { BottleError } from "#domain/bottle-error.ts";
import { canonicalJson } from "#domain/json.ts";

const FORMAT = "bottle-dash seed";
/** 32 MiB and a tenth of a second: what is derived from is often a line that somebody typed. */
const COST = { N: 32_768, r: 8, p: 1 } as const;
const MEMORY = 64 * 1_048_576;
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const SALT_BYTES = 16;
const TAG_BYTES = 16;

const bytes = (length: number) =>
  z.base64().refine((text) => Buffer.byteLength(text, "base64") === length, `must be ${length} bytes`);

const Header = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(1),
  cipher: z.literal("aes-256-gcm"),
  /** Fixed, so that a file cannot ask for more work than this. */
  kdf: z.strictObject({
    name: z.literal("scrypt"),
    N: z.literal(COST.N),
    r: z.literal(COST.r),
    p: z.literal(COST.p),
    salt: bytes(SALT_BYTES),
  }),
  nonce: bytes(NONCE_BYTES),
});
const Sealed = Header.extend({ data: z.base64(), tag: bytes(TAG_BYTES) });
type Header = z.infer<typeof Header>;

/** `secret`: whatever the operator configured, of any length. A new salt and a new nonce each time. */
export async function seal(text: string, secret: string): Promise<string> {
  const header: Header = {
    format: FORMAT,
    version: 1,
    cipher: "aes-256-gcm",
    kdf: { name: "scrypt", ...COST, salt: randomBytes(SALT_BYTES).toString("base64") },
    nonce: randomBytes(NONCE_BYTES).toString("base64"),
  };
  const cipher = createCipheriv("aes-256-gcm", await keyOf(secret, header), Buffer.from(header.nonce, "base64"));
  cipher.setAAD(Buffer.from(canonicalJson(header)));
  const data = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  const sealed = { ...header, data: data.toString("base64"), tag: cipher.getAuthTag().toString("base64") };
  return `${JSON.stringify(sealed, undefined, 2)}\n`;
}

/** Whether `text` says that it is one, of whatever version. */
export function isSealed(text: string): boolean {
  const json = parse(text);
  return typeof json === "object" && json !== null && "format" in json && json.format === FORMAT;
}

/** Throws `invalid` for a wrong key, a changed file, and a version that is not known here; never says a value. */
export async function unseal(text: string, secret: string, where: string): Promise<string> {
  const parsed = Sealed.safeParse(parse(text));
  if (!parsed.success) {
    throw new BottleError("invalid", "is encrypted in a form that this version does not know, or is damaged", {
      where,
      hint: "use the version that wrote it, or put a fresh login there",
    });
  }
  const { data, tag, ...header } = parsed.data;
  const nonce = Buffer.from(header.nonce, "base64");
  const decipher = createDecipheriv("aes-256-gcm", await keyOf(secret, header), nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(canonicalJson(header)));
  decipher.setAuthTag(Buffer.from(tag, "base64"));
  try {
    return Buffer.concat([decipher.update(Buffer.from(data, "base64")), decipher.final()]).toString("utf8");
  } catch (cause) {
    throw new BottleError("invalid", "cannot be decrypted: the key is another one, or the file was changed", {
      where,
      hint: "configure the key that it was encrypted with (credentials.key in config.yml); it is left as it is",
      cause,
    });
  }
}

const derive = promisify<string, Uint8Array, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(
  scrypt,
);

function keyOf(secret: string, { kdf }: Header): Promise<Buffer> {
  const { N, r, p } = kdf;
  return derive(secret, Buffer.from(kdf.salt, "base64"), KEY_BYTES, { N, r, p, maxmem: MEMORY });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
