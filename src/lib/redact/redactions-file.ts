// `agent/redactions.json`: what must not be seen of a bottle, as fingerprints; the key to them is in a file of its own.

import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";

import * as z from "zod";

import { BottleError } from "#domain/bottle-error.ts";
import { writeAtomic } from "#lib/atomic-file.ts";
import type { BottlePaths } from "#lib/paths.ts";

import { Fingerprint, fingerprintOf } from "./fingerprint.ts";
import { newRedactor, type Redactor } from "./redactor.ts";

const Redactions = z.strictObject({ version: z.literal(1), secrets: z.array(Fingerprint) });

const KEY_BYTES = 32;

/** Any number of streams, each with its own. */
export interface Redactions {
  open(): Redactor;
  /** Of a text that is whole. */
  text(text: string): string;
}

/** Replaces what was there: a resume has other secrets. Those that are too short are left out; values are never written. */
export async function writeRedactions(
  { agent }: BottlePaths,
  secrets: Readonly<Record<string, string>>,
): Promise<void> {
  const key = randomBytes(KEY_BYTES);
  const values = new Set<string>();
  const fingerprints = Object.entries(secrets).flatMap(([name, value]) => {
    if (values.has(value)) return [];
    values.add(value);
    return fingerprintOf(name, value, key) ?? [];
  });
  const file = { version: 1, secrets: fingerprints } satisfies z.infer<typeof Redactions>;
  await writeAtomic(agent.redactionsKey, key.toString("base64"));
  await writeAtomic(agent.redactions, `${JSON.stringify(file)}\n`);
}

/** Nothing is redacted where nothing was written; what cannot be read is told, since output would be shown as it is. */
export async function readRedactions({ agent }: BottlePaths): Promise<Redactions> {
  const text = await readOr(agent.redactions);
  if (text === undefined) return redactionsOf([], Buffer.alloc(KEY_BYTES));
  const key = Buffer.from((await readOr(agent.redactionsKey)) ?? "", "base64");
  const file = Redactions.safeParse(parse(text));
  if (!file.success || key.length !== KEY_BYTES)
    throw new BottleError("invalid", "it is damaged, and without it secrets would be shown", {
      where: agent.redactions,
      hint: "stop the bottle and resume it",
    });
  return redactionsOf(file.data.secrets, key);
}

export function redactionsOf(fingerprints: readonly Fingerprint[], key: Buffer): Redactions {
  const open = (): Redactor => newRedactor(fingerprints, key);
  return {
    open,
    text(text) {
      if (fingerprints.length === 0) return text;
      const redactor = open();
      return Buffer.concat([redactor.push(Buffer.from(text, "utf8")), redactor.flush()]).toString("utf8");
    },
  };
}

async function readOr(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
