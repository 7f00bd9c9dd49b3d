import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { InboxItem } from "#domain/fleet/fleet.ts";
import { knowledgeOf } from "#domain/proposal/knowledge.ts";
import { lookAlikeOf, skeleton } from "#domain/proposal/look-alike.ts";
import type { EgressBlockPayload } from "#domain/proposal/proposal.ts";
import { unicodeHost } from "#domain/proposal/punycode.ts";
import { isAddress, type Knowledge, warningsOf } from "#domain/proposal/warnings.ts";

const KNOWN: Knowledge = { knownHosts: ["api.acme.dev", "github.com"], credentialHosts: ["github.com"] };
const auth = { scheme: "Bearer", token_ref: "GH_PAT" };
const narrow = { methods: ["GET"], path_allowlist: ["/a/"] };

const warn = (payload: EgressBlockPayload, known = KNOWN) => warningsOf({ kind: "egress-block", payload }, known);
const codes = (payload: EgressBlockPayload, known = KNOWN) => warn(payload, known).map(({ code }) => code);

describe("warnings", () => {
  test("are none for a narrow rule on a host that is known", () => {
    expect(warn({ host: "api.acme.dev", ...narrow })).toEqual([]);
  });

  test("tell a host that is asked for the first time", () => {
    expect(warn({ host: "docs.python.org", ...narrow })).toEqual([
      { code: "new-host", severity: "note", text: "docs.python.org is asked for the first time." },
    ]);
  });

  test("tell a rule without limits of path or method", () => {
    expect(codes({ host: "github.com" })).toEqual(["any-path", "any-method"]);
    expect(codes({ host: "github.com", ...narrow, path_allowlist: ["/a/", "/"] })).toEqual(["any-path"]);
  });

  test("tell a credential that would go where none goes today", () => {
    expect(warn({ host: "api.acme.dev", ...narrow, auth })).toEqual([
      {
        code: "new-credential",
        severity: "danger",
        text: "Your GH_PAT would be sent to api.acme.dev, which gets no credential today.",
      },
    ]);
    expect(codes({ host: "GitHub.com.", ...narrow, auth })).toEqual([]);
  });

  test("tell a wildcard", () => {
    expect(codes({ host: "*.acme.dev", ...narrow })).toEqual(["wildcard", "new-host"]);
  });

  test.each([
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "10.0.0.0x1",
    "1.2.3.4.",
    "[::1]",
    "::1",
    "fe80::1%eth0",
    "::ffff:127.0.0.1",
    "169.254.169.254",
  ])("tell that %s is an address", (host) => {
    expect(isAddress(host)).toBe(true);
    expect(codes({ host, ...narrow })[0]).toBe("ip-literal");
  });

  test.each(["a1.example.com", "1.example.com", "0x.example.com", "127.0.0.1.example.com", "dead.beef.io"])(
    "know that %s is a name",
    (host) => {
      expect(isAddress(host)).toBe(false);
    },
  );

  test.each(["localhost", "metadata", "db.internal", "printer.local", "*.corp", "Wiki.LAN."])(
    "tell that %s is a name inside a network",
    (host) => {
      expect(codes({ host, ...narrow })).toContain("internal-name");
    },
  );

  test("tell what a punycode name stands for", () => {
    expect(warn({ host: "xn--gthub-n4a.com", ...narrow }).map(({ text }) => text)).toEqual([
      "Looks like github.com, and is not: its letters look the same.",
      "xn--gthub-n4a.com stands for gıthub.com, with letters of other scripts.",
      "xn--gthub-n4a.com is asked for the first time.",
    ]);
  });

  test("put dangers before notes", () => {
    const found = warn({ host: "*.xn--gthub-n4a.com", auth });
    const severities = found.map(({ severity }) => severity);
    expect(severities).toEqual(severities.toSorted((a, b) => a.localeCompare(b)));
    expect(severities).toContain("note");
  });

  test("have nothing to say of questions", () => {
    expect(warningsOf({ kind: "question", payload: { text: "127.0.0.1?" } }, KNOWN)).toEqual([]);
  });

  test("never throw and hold no control characters, whatever the host", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.domain(),
          fc.ipV6(),
          fc.string().map((text) => `xn--${text}`),
        ),
        (host) => {
          for (const { text } of warn({ host })) {
            // oxlint-disable-next-line no-control-regex -- controls are what must not be there
            expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/u);
          }
        },
      ),
    );
  });
});

describe("a look-alike", () => {
  test.each([
    ["github.com.evil.net", "github.com", "only begins like it"],
    ["api.github.com.evil.net", "api.github.com", "only begins like it"],
    ["evilgithub.com", "github.com", "only ends like it"],
    ["github-com.evil.net", "github.com", "has a dash"],
    ["githib.com", "github.com", "one letter differs"],
    ["gihtub.com", "github.com", "one letter differs"],
    ["githubb.com", "github.com", "one letter differs"],
    ["gthub.com", "github.com", "one letter differs"],
    ["g1thub.com", "github.com", "letters look the same"],
    ["paypal.acrne.dev", "api.acme.dev", "letters look the same"],
    ["github.co", "github.com", "another ending"],
    ["acme.net", "api.acme.dev", "another ending"],
    ["npmjs.co", "npmjs.org", "another ending"],
    ["xn--gthub-n2e.com", "github.com", "letters look the same"],
    ["*.githib.com", "github.com", "one letter differs"],
  ])("is %s of %s", (host, of, how) => {
    expect(lookAlikeOf(host, KNOWN.knownHosts)).toMatchObject({
      of: expect.stringContaining(of.split(".").at(-2)!) as string,
      how: expect.stringContaining(how) as string,
    });
  });

  test.each([
    "github.com",
    "api.github.com",
    "GITHUB.com.",
    "gist.github.com",
    "api.acme.dev",
    "other.acme.dev",
    "docs.python.org",
    "example.com",
    "docs.rs",
    "golang.org",
    "deb.debian.org",
    "localhost",
  ])("is not %s", (host) => {
    expect(lookAlikeOf(host, KNOWN.knownHosts)).toBeUndefined();
  });

  test("is nobody's neighbour under an ending where anybody may have a name", () => {
    expect(lookAlikeOf("mallory.github.io", ["alice.github.io"])).toBeUndefined();
    expect(lookAlikeOf("al1ce.github.io", ["alice.github.io"])).toMatchObject({ of: "alice.github.io" });
    expect(lookAlikeOf("shop.co.uk", ["bank.co.uk"])).toBeUndefined();
  });

  test("is found whatever the look-alike letter", () => {
    for (const [letter, lookalike] of [
      ["a", "а"],
      ["e", "е"],
      ["o", "о"],
      ["p", "р"],
      ["c", "с"],
      ["i", "і"],
      ["l", "1"],
      ["o", "0"],
    ] as const) {
      expect(skeleton(`pilocea${lookalike}.com`)).toBe(skeleton(`pilocea${letter}.com`));
    }
    expect(skeleton("ｇｉｔｈｕｂ.com")).toBe(skeleton("github.com"));
    expect(skeleton("gïthüb.com")).toBe(skeleton("github.com"));
  });
});

describe("punycode", () => {
  test.each([
    ["xn--bcher-kva.example", "bücher.example"],
    ["xn--fsqu00a.xn--0zwm56d", "例子.测试"],
    ["xn--e1afmkfd.xn--p1ai", "пример.рф"],
    ["XN--MNCHEN-3YA.de", "münchen.de"],
    ["xn--", "xn--"],
    ["xn--!", "xn--!"],
    ["xn--99999999999999", "xn--99999999999999"],
    ["plain.example", "plain.example"],
  ])("%s is %s", (host, unicode) => {
    expect(unicodeHost(host)).toBe(unicode);
  });

  test("agrees with the platform's own", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...Array.from("абвгдежзäöüßéñ語文字漢abc019")), { minLength: 1, maxLength: 12 }),
        (letters) => {
          const host = `x${letters.join("")}.example`;
          const ascii = new URL(`http://${host}`).hostname;
          expect(unicodeHost(ascii)).toBe(host.normalize("NFC").replaceAll("ß", ascii.includes("xn--") ? "ß" : "ss"));
        },
      ),
    );
  });
});

describe("what is known", () => {
  const item = (
    id: string,
    host: string,
    status: "approved" | "rejected" | "modified" | null,
    more: object = {},
  ): InboxItem =>
    ({
      proposal: { id, kind: "egress-block", payload: { host } },
      seen: null,
      decision: status === null ? null : { status, ...more },
      undo: null,
      use: null,
    }) as unknown as InboxItem;

  test("is what tables allow and what was approved, not what was asked or refused", () => {
    const table = {
      version: 1,
      on_unknown_host: "block",
      hold_seconds: 1,
      hosts: {},
      routes: [{ host: "a.com", auth: { scheme: "Bearer", slot: "X" } }, { host: "b.com" }],
    } as const;
    const inbox = [
      item("1", "C.com", "approved"),
      item("2", "d.com", "rejected"),
      item("3", "e.com", null),
      item("4", "f.com", "modified", { final_payload: { host: "g.com", auth } }),
      { ...item("5", "h.com", "approved"), undo: {} } as InboxItem,
    ];
    expect(knowledgeOf(inbox, [{ ...table, routes: [...table.routes] }])).toEqual({
      knownHosts: ["a.com", "b.com", "c.com", "g.com"],
      credentialHosts: ["a.com", "g.com"],
    });
  });

  test("does not count the proposal itself", () => {
    const routes = [{ host: "a.com", decision: "1" }];
    const table = { version: 1, on_unknown_host: "block", hold_seconds: 1, hosts: {}, routes } as const;
    expect(knowledgeOf([item("1", "a.com", "approved")], [{ ...table, routes }], "1").knownHosts).toEqual([]);
  });
});
