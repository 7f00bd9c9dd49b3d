// Whether a host name is made to be taken for another that the operator trusts.

import { unicodeHost } from "./punycode.ts";

/** Names that agents' tasks mention most, and that are worth imitating; the operator's own come on top. */
const WELL_KNOWN = [
  "github.com",
  "api.github.com",
  "raw.githubusercontent.com",
  "gitlab.com",
  "bitbucket.org",
  "npmjs.org",
  "npmjs.com",
  "pypi.org",
  "files.pythonhosted.org",
  "crates.io",
  "proxy.golang.org",
  "rubygems.org",
  "docker.io",
  "googleapis.com",
  "google.com",
  "amazonaws.com",
  "microsoft.com",
  "api.openai.com",
  "api.anthropic.com",
  "huggingface.co",
  "stackoverflow.com",
];

/** Endings of two labels under which anybody may have a name (a few of the public suffix list). */
const SHARED_ENDINGS =
  /(?:^|\.)(?:(?:co|com|org|net|ac|gov|edu)\.[a-z]{2}|github\.io|gitlab\.io|pages\.dev|workers\.dev|vercel\.app|netlify\.app|web\.app|herokuapp\.com|ngrok\.io|ngrok\.app|amazonaws\.com|blogspot\.com|cloudfront\.net)$/;

export interface LookAlike {
  readonly of: string;
  /** One clause. */
  readonly how: string;
}

/** Undefined when `host` is known itself, is below a known name, or resembles none. */
export function lookAlikeOf(host: string, known: readonly string[]): LookAlike | undefined {
  const name = bare(host);
  const trusted = [...new Set([...known, ...WELL_KNOWN].map(bare))].filter((other) => other.includes("."));
  if (trusted.includes(name) || trusted.some((other) => baseOf(other) === baseOf(name))) return undefined;
  for (const other of trusted) {
    const how = resemblance(name, other);
    if (how !== undefined) return { of: other, how };
  }
  return undefined;
}

/** Letters of other scripts, digits and pairs that look like Latin letters, written as those. */
export function skeleton(host: string): string {
  const folded = unicodeHost(host).normalize("NFKD").toLowerCase().replaceAll(/\p{M}/gu, "");
  const latin = Array.from(folded, (char) => CONFUSABLE.get(char) ?? char).join("");
  return latin.replaceAll("rn", "m").replaceAll("vv", "w").replaceAll("cl", "d");
}

function resemblance(name: string, other: string): string | undefined {
  if (skeleton(name) === skeleton(other) || skeleton(baseOf(name)) === skeleton(baseOf(other)))
    return "its letters look the same";
  if (`.${name}`.includes(`.${other}.`)) return `it only begins like it: it belongs to ${baseOf(name)}`;
  const dashed = other.replaceAll(".", "-");
  if (name.includes(dashed)) return "it has a dash where that has a dot";
  const base = baseOf(other);
  if (name !== base && name.endsWith(base) && !name.endsWith(`.${base}`))
    return "it only ends like it: there is no dot between";
  const [ours, theirs] = [baseOf(name), base];
  if (withoutEnding(ours) === withoutEnding(theirs) && withoutEnding(ours).length > 3) return "it has another ending";
  if (theirs.length >= 6 && isOneEditApart(ours, theirs)) return "one letter differs";
  return undefined;
}

/** Lower case, without a trailing dot or a leading `*.`. */
function bare(host: string): string {
  return host.toLowerCase().replace(/\.$/, "").replace(/^\*\./, "");
}

/** The part that somebody registers: the last two labels, or three under a shared ending. */
function baseOf(host: string): string {
  return host
    .split(".")
    .slice(SHARED_ENDINGS.test(host) ? -3 : -2)
    .join(".");
}

function withoutEnding(base: string): string {
  return base.slice(0, Math.max(0, base.indexOf(".")));
}

/** One letter more, less or other, or two neighbours swapped. */
function isOneEditApart(a: string, b: string): boolean {
  if (a === b || Math.abs(a.length - b.length) > 1) return false;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const [left, right] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  if (left.length <= 1 && right.length <= 1) return true;
  return left.length === 2 && right.length === 2 && left[0] === right[1] && left[1] === right[0];
}

const CONFUSABLE = new Map<string, string>(
  Object.entries({
    a: "аɑαạ",
    b: "ьƅ",
    c: "сϲ",
    d: "ԁɗ",
    e: "еєҽ",
    g: "ɡց",
    h: "һհ",
    i: "іıɩι1l|!ӏ",
    j: "јϳ",
    k: "κк",
    m: "м",
    n: "ոп",
    o: "оοօ0",
    p: "рρ",
    q: "ԛգ",
    r: "гᴦ",
    s: "ѕ5ꜱ",
    t: "тτ",
    u: "υսцʋ",
    v: "ѵν",
    w: "ԝѡω",
    x: "хχ",
    y: "уγү",
    z: "ᴢ",
  }).flatMap(([latin, others]) => Array.from(others, (other): [string, string] => [other, latin])),
);
