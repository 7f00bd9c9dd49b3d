// Takes the secrets out of what is shown and written down of a request, however they are encoded in it.

import { createSecretScanner } from "#domain/secrets/create-scanner.ts";
import type { OwnSecret, SecretScanner } from "#domain/secrets/scanner.ts";

import { type DeepMatch, deepScan } from "./outbound/deep-scan.ts";
import { type Masking, NOT_SHOWN } from "./shown.ts";

/** What hides a secret may hide another behind it: it is looked at again, so often at most. */
const MOST_ROUNDS = 4;
/** Paths and hosts without a secret are asked for again and again. */
const MOST_KNOWN = 512;
const LONGEST_KNOWN = 512;
const MASK = "********";

type Span = Pick<DeepMatch, "start" | "end">;

export function openMasking(scanner: SecretScanner, own: readonly OwnSecret[]): Masking {
  const lower = createSecretScanner({
    own: own.map(({ rule, value }) => ({ rule, value: value.toLowerCase() })),
    rules: [],
  });
  const clean = new Set<string>();
  const isKnown = (text: string): boolean => clean.has(text);
  const know = (text: string): void => {
    if (text.length > LONGEST_KNOWN) return;
    if (clean.size >= MOST_KNOWN) clean.clear();
    clean.add(text);
  };
  const text = (said: string): string => {
    if (isKnown(said)) return said;
    // What a refusal says of hosts is in small letters.
    const masked = maskedBy(lower, maskedBy(scanner, said));
    if (masked === said) know(said);
    return masked;
  };
  const inHost = (host: string, spelled: readonly string[]): readonly (Span & { readonly match: DeepMatch })[] => {
    const within = (words: string, by: SecretScanner): (Span & { readonly match: DeepMatch })[] => {
      const at = words.toLowerCase().indexOf(host);
      const name = Buffer.from(at < 0 ? words : words.slice(at, at + host.length), "latin1");
      return deepScan(by, name).matches.map((match) =>
        at < 0 ? { start: 0, end: host.length, match } : { start: match.start, end: match.end, match },
      );
    };
    const others = spelled.filter((words) => words !== host);
    const found = [host, ...others].flatMap((words) => within(words, scanner));
    found.push(...within(host, lower));
    if (found.length > 0) return found;
    // A label has 63 characters: what is longer stands in several.
    const labels = host.split(".");
    const joined = Buffer.from(labels.slice(0, -2).join(""), "latin1");
    if (labels.length < 4) return [];
    const end = host.length - labels.slice(-2).join(".").length - 1;
    return [...deepScan(scanner, joined).matches, ...deepScan(lower, joined).matches].map((match) => {
      return { start: 0, end, match };
    });
  };
  const hostKey = (host: string, spelled: readonly string[]): string => `${host}\n${spelled.join("\n")}`;
  return {
    text,
    host(host, spelled) {
      const key = hostKey(host, spelled);
      if (isKnown(key)) return host;
      const found = inHost(host, spelled);
      if (found.length === 0) know(key);
      return starred(host, found);
    },
    secretInHost(host, spelled) {
      if (isKnown(hostKey(host, spelled))) return undefined;
      return inHost(host, spelled).find(({ match }) => match.severity === "block")?.match.rule;
    },
  };
}

function maskedBy(scanner: SecretScanner, said: string): string {
  const bytes = Buffer.from(said, "utf8");
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const { spans, unscanned } = deepScan(scanner, bytes);
    if (unscanned !== undefined) return NOT_SHOWN;
    if (spans.length === 0) return round === 0 ? said : bytes.toString("utf8");
    for (const { start, end } of spans) bytes.fill("*", start, end);
  }
  return NOT_SHOWN;
}

/** A star for each character; all of a long name as one mask, for names have limits. */
function starred(host: string, found: readonly Span[]): string {
  let text = host;
  for (const { start, end } of found) text = text.slice(0, start) + "*".repeat(end - start) + text.slice(end);
  return text.replaceAll(/\*[*.]*\*/g, MASK);
}
