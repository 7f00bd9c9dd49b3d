import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { normaliseHost, parseAuthority } from "#sidecars/egress/policy/normalise-host.ts";

describe("a host", () => {
  test.each([
    ["Example.COM", "example.com"],
    ["example.com.", "example.com"],
    ["bücher.example", "xn--bcher-kva.example"],
    ["BÜCHER.example.", "xn--bcher-kva.example"],
    ["xn--bcher-kva.example", "xn--bcher-kva.example"],
    ["ｅxample.com", "example.com"],
    ["example。com", "example.com"],
    ["localhost", "localhost"],
    ["a_b.example.com", "a_b.example.com"],
    ["1.2.3.4.nip.io", "1.2.3.4.nip.io"],
    ["0x7f.com", "0x7f.com"],
    [Buffer.from("bücher.example").toString("latin1"), "xn--bcher-kva.example"],
  ])("%j is the name %s", (text, name) => {
    expect(normaliseHost(text)).toEqual({ kind: "name", name });
  });

  test.each([
    "127.0.0.1",
    "127.0.0.1.",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0X7F.1",
    "0x7f.0.0.0x1",
    "0177.0.0.1",
    "017700000001",
    "1.2.3.4.5",
    "999.999.999.999",
    "example.1",
    "example.0x",
    "[::1]",
    "::1",
    "[::ffff:127.0.0.1]",
    "::ffff:7f00:1",
    "[fe80::1%25eth0]",
    "fe80::1%eth0",
    "１２７.０.０.１",
    "①②⑦.0.0.1",
    "127。0。0。1",
    "0",
    "[64:ff9b::7f00:1]",
  ])("%j is an address, never a name", (text) => {
    expect(normaliseHost(text)).toMatchObject({ kind: "address" });
  });

  test.each([
    "",
    ".",
    "..",
    ".example.com",
    "example..com",
    "example.com..",
    "-a.com",
    "a-.com",
    "a b.com",
    "a\tb",
    "a\u0000.com",
    "a/b",
    "a\\b",
    "a?b",
    "a#b",
    "a@b",
    "a:x",
    "%61.com",
    "a%00.com",
    "*.example.com",
    "a,b",
    `${"a".repeat(64)}.com`,
    `${"a.".repeat(130)}com`,
    "xn--\u0000",
    "exa\u00admple.com\u0000",
  ])("%j is no host", (text) => {
    expect(normaliseHost(text)).toMatchObject({ kind: "bad" });
  });

  test("a name is always in the one spelling that it has", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: "binary" }), fc.domain(), fc.ipV4Extended(), fc.ipV6(), fc.webAuthority()),
        (text) => {
          const host = normaliseHost(text);
          if (host.kind !== "name") return;
          expect(host.name).toMatch(/^[a-z0-9_.-]{1,253}$/);
          expect(normaliseHost(host.name)).toEqual(host);
          expect(normaliseHost(host.name.toUpperCase())).toEqual(host);
          expect(normaliseHost(`${host.name}.`)).toEqual(host);
          // What a URL parser would dial is this name too, never an address.
          expect(new URL(`https://${host.name}/`).hostname).toBe(host.name);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("any spelling of an IPv4 address is one", () => {
    const part = fc.integer({ min: 0, max: 255 });
    const spelt = (value: number, base: number): string =>
      base === 16 ? `0x${value.toString(16)}` : base === 8 ? `0${value.toString(8)}` : String(value);
    fc.assert(
      fc.property(fc.array(fc.tuple(part, fc.constantFrom(8, 10, 16)), { minLength: 1, maxLength: 4 }), (parts) => {
        const text = parts.map(([value, base]) => spelt(value, base)).join(".");
        expect(normaliseHost(text)).toMatchObject({ kind: "address" });
      }),
    );
  });
});

describe("a look-alike", () => {
  const REAL = "api.example.com";
  test.each([
    ["a Cyrillic letter", "\u0430pi.example.com"],
    ["a Greek letter", "\u03b1pi.example.com"],
    ["a dotless i", "ap\u0131.example.com"],
    ["a digit for a letter", "ap1.example.com"],
    ["an accent", "\u00e1pi.example.com"],
    ["a joined word", "apiexample.com"],
    ["an eszett", "api.e\u00dfample.com"],
    ["its own name in Punycode with a change", "xn--pi-7kc.example.com"],
    ["a longer suffix", "api.example.com.co"],
    ["a hyphen for a dot", "api-example.com"],
    ["a letter before it", "xapi.example.com"],
    ["an interpunct for a dot", "api\u00b7example.com"],
  ])("with %s is another name", (_what, text) => {
    const host = normaliseHost(text);
    expect(host.kind === "name" ? host.name : "none").not.toBe(REAL);
  });

  test.each([
    ["full width", "\uff41\uff50\uff49.example.com"],
    ["circled letters", "\u24d0pi.example.com"],
    ["an ideographic full stop", "api\u3002example.com"],
    ["a soft hyphen", "a\u00adpi.example.com\u200b"],
    ["mathematical letters", "\u{1d41a}pi.example.com"],
  ])("in %s is that very name to whoever dials it, and to the rules", (_what, text) => {
    expect(new URL(`https://${text}/`).hostname).toBe(REAL);
    expect(normaliseHost(text)).toEqual({ kind: "name", name: REAL });
  });

  test("is read as a URL parser reads it, wherever both take it for a name", () => {
    const piece = fc.oneof(
      fc.constantFrom(".", "-", "xn--", "\u3002", "\uff0e", "\u00ad", "\u200d", "\u0430", "\u00df", "1", "0x7f", "com"),
      fc.string({ unit: "grapheme", maxLength: 3 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
        const text = pieces.join("");
        const host = normaliseHost(text);
        if (host.kind !== "name" || /[\u0080-\u00ff]/.test(text)) return; // bytes of UTF-8 are read as such
        const url = URL.parse(`https://${text}/`)?.hostname ?? host.name;
        expect(url.replace(/\.$/, "")).toBe(host.name);
      }),
      { numRuns: 3000 },
    );
  });
});

describe("an authority", () => {
  test("is a host and perhaps a port", () => {
    expect(parseAuthority("Example.com:8443")).toEqual({ kind: "name", name: "example.com", port: 8443 });
    expect(parseAuthority("example.com")).toEqual({ kind: "name", name: "example.com", port: undefined });
    expect(parseAuthority("[::1]:443")).toMatchObject({ kind: "address", port: 443 });
  });

  test.each([
    "evil.com:443.allowed.com",
    "evil.com:443:443",
    "allowed.com:443@evil.com:443",
    "user@allowed.com",
    "user:pass@allowed.com:443",
    "allowed.com:",
    "allowed.com:0",
    "allowed.com:65536",
    "allowed.com:99999999",
    "allowed.com:-1",
    "allowed.com:+443",
    "allowed.com: 443",
    "allowed.com:443 ",
    " allowed.com:443",
    "allowed.com\t:443",
    "allowed.com:4a3",
    "allowed.com/:443",
    "https://allowed.com:443",
    "[::1",
    "::1]:443",
    "allowed.com,evil.com:443",
    ":443",
    "",
  ])("refuses %j", (text) => {
    expect(parseAuthority(text)).toMatchObject({ kind: "bad" });
  });
});
