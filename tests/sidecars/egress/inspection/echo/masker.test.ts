import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { maskerOf } from "#sidecars/egress/inspection/echo/masker.ts";

const TOKEN = "ghp_aB3/xY+9zQ=w.r-T_k7";

const perByte = (text: string, escape: (byte: string) => string): string =>
  [...Buffer.from(text, "latin1")].map((byte) => escape(byte.toString(16).padStart(2, "0"))).join("");

/** Each way of writing a value; `pad` moves it within a group of base64. */
const encodings: Record<string, (value: string, pad: string) => string> = {
  plain: (value) => value,
  "percent-encoded": (value) => encodeURIComponent(value),
  "percent-encoded whole": (value) => perByte(value, (hex) => `%${hex}`),
  "percent-encoded in capitals": (value) => perByte(value, (hex) => `%${hex.toUpperCase()}`),
  "percent-encoded twice": (value) => encodeURIComponent(encodeURIComponent(value)),
  "JSON with escaped slashes": (value) =>
    JSON.stringify(value)
      .slice(1, -1)
      .replaceAll("/", String.raw`\/`),
  "JSON in code points": (value) => perByte(value, (hex) => String.raw`\u00${hex}`),
  "JSON within JSON": (value) =>
    JSON.stringify(
      JSON.stringify(value).replaceAll(/[/+=]/g, (c) => perByte(c, (hex) => String.raw`\u00${hex}`)),
    ).slice(3, -3),
  "JavaScript bytes": (value) => perByte(value, (hex) => String.raw`\x${hex}`),
  "character references": (value) => value.replaceAll(/[^\w]/g, (c) => `&#x${perByte(c, (hex) => hex)};`),
  "decimal references": (value) => value.replaceAll(/[^\w]/g, (c) => `&#${c.charCodeAt(0)};`),
  hex: (value) => Buffer.from(value).toString("hex"),
  "hex in capitals": (value) => Buffer.from(value).toString("hex").toUpperCase(),
  base64: (value, pad) => Buffer.from(`${pad}${value}${pad}`).toString("base64"),
  "base64 for URLs": (value, pad) => Buffer.from(`${pad}${value}${pad}`).toString("base64url"),
  "base64 in JSON with escaped slashes": (value, pad) =>
    Buffer.from(`${pad}${value}${pad}`)
      .toString("base64")
      .replaceAll("/", String.raw`\/`),
  "base64 in a URL": (value, pad) => encodeURIComponent(Buffer.from(`${pad}${value}`).toString("base64")),
  "base64 in lines": (value, pad) => lines(Buffer.from(`${pad}${value}${pad}`).toString("base64"), "\r\n"),
  "base64 in lines within JSON": (value, pad) =>
    lines(Buffer.from(`${pad}${value}${pad}`).toString("base64"), String.raw`\n`),
  "base64 twice": (value, pad) =>
    Buffer.from(`${pad}${Buffer.from(`${pad}${value}${pad}`).toString("base64")}${pad}`).toString("base64"),
  "UTF-16": (value) => Buffer.from(value, "utf16le").toString("latin1"),
};

function lines(text: string, end: string): string {
  return text.match(/.{1,12}/g)?.join(end) ?? "";
}

function decoders(text: string): string[] {
  const unescaped = text
    .replaceAll(/\\+(?:u00|x)([0-9a-f]{2})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replaceAll(/\\+([^a-z0-9])/gi, "$1")
    .replaceAll(/(?:%25)*%?25([0-9a-f]{2})/gi, "%$1")
    .replaceAll(/%([0-9a-f]{2})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replaceAll(/&#x([0-9a-f]+);/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replaceAll(/&#(\d+);/g, (_all, code: string) => String.fromCharCode(Number(code)));
  const whole = text.replaceAll(/\r\n|\\n/g, "");
  const base64 = [0, 1, 2, 3].flatMap((skip) => [
    Buffer.from(whole.slice(skip), "base64").toString("latin1"),
    ...[0, 1, 2, 3].map((again) =>
      Buffer.from(Buffer.from(text.slice(skip), "base64").toString("latin1").slice(again), "base64").toString("latin1"),
    ),
    Buffer.from(text.slice(skip), "base64").toString("latin1"),
    Buffer.from(unescaped.slice(skip), "base64").toString("latin1"),
  ]);
  return [text, unescaped, text.replaceAll("\0", ""), Buffer.from(text, "hex").toString("latin1"), ...base64];
}

function inPieces(masker: NonNullable<ReturnType<typeof maskerOf>>, data: Buffer, cuts: readonly number[]): Buffer {
  const stream = masker.stream();
  const out: Buffer[] = [];
  let at = 0;
  for (const cut of [...new Set(cuts.map((cut) => cut % (data.length + 1)))].sort((a, b) => a - b)) {
    out.push(stream.push(data.subarray(at, cut)));
    at = cut;
  }
  out.push(stream.push(data.subarray(at)), stream.end());
  return Buffer.concat(out);
}

describe("a credential in an answer", () => {
  it.each(Object.entries(encodings))("is masked when it is written as %s", (_name, encode) => {
    const masker = maskerOf([TOKEN]);
    for (const pad of ["", "x", "xy"]) {
      const written = encode(TOKEN, pad);
      const data = Buffer.from(`{"echo": "${written}"}`, "latin1");
      const masked = masker?.whole(data) ?? data;
      expect(masked.length).toBe(data.length);
      expect(masked.subarray(0, 10).toString("latin1")).toBe('{"echo": "');
      expect(masked.toString("latin1")).toMatch(/\*{17}/);
      for (const text of decoders(masked.toString("latin1").slice(10, -2)))
        expect(text).not.toContain(TOKEN.slice(4, 14));
    }
  });

  it("never comes out of a stream, wherever the pieces end, and all else stays as it was", () => {
    const secret = fc.string({
      unit: fc.constantFrom(...Array.from("abAB01-_.~+/=%&\\:$")),
      minLength: 6,
      maxLength: 40,
    });
    const noise = fc.string({ unit: fc.constantFrom(...Array.from('abAB01-_+/=%\\&u0;#x26 \n"')), maxLength: 60 });
    fc.assert(
      fc.property(
        secret,
        fc.constantFrom(...Object.keys(encodings)),
        noise,
        noise,
        fc.constantFrom("", "x", "xy"),
        fc.array(fc.nat(400), { maxLength: 12 }),
        (value, encoding, before, after, pad, cuts) => {
          const masker = maskerOf([value]);
          if (masker === undefined) throw new Error("no masker");
          const written = Buffer.from((encodings[encoding] as (v: string, p: string) => string)(value, pad), "latin1");
          const data = Buffer.concat([Buffer.from(before), written, Buffer.from(after)]);
          const whole = masker.whole(data);
          const streamed = inPieces(masker, data, cuts);
          // The pieces make no difference, no length changes, and only stars are new.
          expect(streamed.equals(whole)).toBe(true);
          expect(whole.length).toBe(data.length);
          for (const [index, byte] of whole.entries()) if (byte !== data[index]) expect(byte).toBe(0x2a);
          const inside = whole.subarray(before.length, before.length + written.length).toString("latin1");
          if (!value.includes("\\") && !value.includes("%") && !value.includes("&")) {
            for (const text of decoders(inside)) expect(text.includes(value)).toBe(false);
          }
          expect(whole.includes(value)).toBe(false);
        },
      ),
      { numRuns: 3000 },
    );
  });

  it("leaves what holds no credential as the very same buffer, and keeps nothing back of it", () => {
    const masker = maskerOf([TOKEN]);
    const data = Buffer.from("data: nothing to see\n\n");
    expect(masker?.whole(data)).toBe(data);
    const stream = masker?.stream();
    expect(stream?.push(data)).toBe(data);
    expect(stream?.masked).toBe(false);
  });

  it("keeps back only what may be the beginning of one", () => {
    const stream = maskerOf([TOKEN])?.stream();
    expect(stream?.push(Buffer.from("see ghp_aB")).toString()).toBe("see ");
    expect(stream?.push(Buffer.from(" no\n")).toString()).toBe("ghp_aB no\n");
    expect(stream?.push(Buffer.from("\n\n")).toString()).toBe("\n\n");
  });

  it("is masked in headers, with the names left alone", () => {
    const masker = maskerOf([TOKEN]);
    const headers = ["X-Echo", `Bearer ${TOKEN}`, "Location", `/a?t=${encodeURIComponent(TOKEN)}`, "Vary", "Accept"];
    const stars = (text: string) => "*".repeat(text.length);
    expect(masker?.headers(headers)).toEqual([
      "X-Echo",
      `Bearer ${stars(TOKEN)}`,
      "Location",
      `/a?t=${stars(encodeURIComponent(TOKEN))}`,
      "Vary",
      "Accept",
    ]);
    const clean = ["Vary", "Accept"];
    expect(masker?.headers(clean)).toBe(clean);
  });

  it("of fewer than six characters is not looked for", () => {
    expect(maskerOf(["short"])).toBeUndefined();
    expect(maskerOf([])).toBeUndefined();
  });
});
