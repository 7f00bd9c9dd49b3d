import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { normalisePath } from "#sidecars/egress/policy/normalise-path.ts";
import { covered, prefixOf } from "#sidecars/egress/policy/table-index.ts";

const isUnder = (path: string, prefix: string): boolean => {
  const plain = prefixOf(prefix);
  return plain !== undefined && covered(path, plain) >= 0;
};

describe("a path", () => {
  test.each([
    ["/", "/", "/"],
    ["/a/b", "/a/b", "/a/b"],
    ["/a/b/", "/a/b/", "/a/b/"],
    ["/a?x=/../y", "/a", "/a?x=/../y"],
    ["/a?", "/a", "/a?"],
    ["/a%20b/%7euser", "/a b/~user", "/a%20b/%7euser"],
    ["/a/./b", "/a/b", "/a/b"],
    ["/a/../b", "/b", "/b"],
    ["/a/%2e%2e/b", "/b", "/b"],
    ["/a/%2E./b", "/b", "/b"],
    ["/../../etc/passwd", "/etc/passwd", "/etc/passwd"],
    ["/a/b/..", "/a/", "/a/"],
    ["/a/.", "/a/", "/a/"],
    ["/a/...", "/a/...", "/a/..."],
    ["/.well-known/x", "/.well-known/x", "/.well-known/x"],
    ["/a;v=1/b", "/a;v=1/b", "/a;v=1/b"],
    ["/100%25", "/100%", "/100%25"],
    ["/%e2%82%ac", "/€", "/%e2%82%ac"],
    ["/@scope/pkg", "/@scope/pkg", "/@scope/pkg"],
  ])("%s is %s, and %s goes on", (target, path, forward) => {
    expect(normalisePath(target)).toEqual({ kind: "path", path, encodedSlash: false, forward });
  });

  test.each([
    ["/a%2fb", "/a%2Fb", "/a%2fb"],
    ["/@scope%2Fpkg/-/pkg-1.0.0.tgz?x=%2f", "/@scope%2Fpkg/-/pkg-1.0.0.tgz", "/@scope%2Fpkg/-/pkg-1.0.0.tgz?x=%2f"],
    ["/p/group%2fsub%2Fname/x", "/p/group%2Fsub%2Fname/x", "/p/group%2fsub%2Fname/x"],
  ])("%s keeps its encoded slashes, and says so", (target, path, forward) => {
    expect(normalisePath(target)).toEqual({ kind: "path", path, encodedSlash: true, forward });
  });

  test("whose encoded slash is gone with its segment has none", () => {
    expect(normalisePath("/a%2fb/../c")).toEqual({ kind: "path", path: "/c", encodedSlash: false, forward: "/c" });
  });

  test.each([
    ["dots behind an encoded slash", "/a%2f..%2fb"],
    ["dots before an encoded slash", "/..%2fb"],
    ["one dot and an encoded slash", "/.%2Fb"],
    ["encoded dots behind an encoded slash", "/a%2f%2e%2e"],
    ["dots with a parameter behind an encoded slash", "/a%2f..;/b"],
    ["two encoded slashes together", "/a%2f%2fb"],
    ["an encoded slash first", "/%2fevil.com/a"],
    ["an encoded slash last", "/a%2f"],
    ["a doubly encoded slash", "/a%252fb"],
    ["a backslash beside an encoded slash", "/a%2fb%5cc"],
    ["an encoded backslash", "/a%5cb"],
    ["a backslash", "/a\\b"],
    ["dots behind a backslash", "/a\\..\\b"],
    ["NUL", "/a%00"],
    ["an encoded newline", "/a%0d%0aHost:%20evil"],
    ["DEL", "/a%7f"],
    ["an encoded C1 control", "/a%c2%85"],
    ["double-encoded dots", "/%252e%252e/b"],
    ["double encoding of any letter", "/%2561"],
    ["a broken escape", "/a%"],
    ["a broken escape at the end", "/a%2"],
    ["no hexadecimal escape", "/a%zz"],
    ["an overlong dot", "/%c0%ae%c0%ae/b"],
    ["bytes that are no UTF-8", "/%ff"],
    ["an empty segment", "/a//b"],
    ["a host-like start", "//evil.com/a"],
    ["dots with a parameter", "/a/..;/b"],
    ["dots with a parameter and a value", "/a/..;x=1/b"],
    ["an encoded parameter behind dots", "/a/..%3b/b"],
    ["dots with a blank", "/a/..%20/b"],
    ["dots with a tab", "/a/..%09/b"],
    ["full-width dots", "/a/%ef%bc%8e%ef%bc%8e/b"],
    ["a full-width slash", "/a%ef%bc%8fb"],
    ["a one-dot leader", "/a/%e2%80%a4%e2%80%a4/b"],
    ["a two-dot leader", "/a/%e2%80%a5/b"],
    ["a fragment", "/a#b"],
    ["a blank", "/a b"],
    ["a raw control", "/a\u0001"],
    ["raw bytes", "/\u00ff"],
    ["no slash first", "a"],
    ["nothing", ""],
    ["an asterisk", "*"],
    ["a control in the query", "/a?b\u0000"],
  ])("with %s is refused", (_what, target) => {
    expect(normalisePath(target)).toMatchObject({ kind: "bad" });
  });

  const hostile = fc
    .array(
      fc.constantFrom(
        "/",
        ".",
        "..",
        "%2e",
        "%2E%2e",
        ";",
        "%2f",
        "\\",
        "%5c",
        "%00",
        "%25",
        "a",
        "b",
        "?",
        "%c0%ae",
        "//",
        " ",
        "%20",
        "ｘ",
      ),
      {
        maxLength: 12,
      },
    )
    .map((parts) => `/${parts.join("")}`);

  test("never has dots, slashes or controls left to resolve", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          hostile,
          fc.webPath(),
          fc.string({ unit: "binary" }).map((text) => `/${text}`),
        ),
        (target) => {
          const path = normalisePath(target);
          if (path.kind === "bad") return;
          expect(path.path.startsWith("/")).toBe(true);
          const inner = path.path.slice(1).split("/");
          expect(inner.filter((segment) => segment === "." || segment === "..")).toEqual([]);
          // oxlint-disable-next-line no-control-regex -- controls are what is looked for
          expect(path.path).not.toMatch(/[\u0000-\u001f\u007f\\]/);
        },
      ),
      { numRuns: 5000 },
    );
  });

  test("that goes upstream is read there as what was checked", () => {
    fc.assert(
      fc.property(fc.oneof(hostile, fc.webPath()), (target) => {
        const path = normalisePath(target);
        if (path.kind === "bad") return;
        const [raw = ""] = path.forward.split("?", 1);
        // A URL parser resolves nothing further, and decoding gives the checked path.
        const read = new URL(`https://h${raw}`).pathname;
        expect(decodeURIComponent(read.replaceAll(/%2f/gi, "%252F"))).toBe(path.path);
        expect(normalisePath(path.forward)).toEqual(path);
      }),
      { numRuns: 5000 },
    );
  });
});

describe("a prefix", () => {
  test.each([
    ["/repos/acme", "/repos/acme", true],
    ["/repos/acme/x", "/repos/acme", true],
    ["/repos/acme/", "/repos/acme", true],
    ["/repos/acme-evil", "/repos/acme", false],
    ["/repos/acmeevil/x", "/repos/acme", false],
    ["/repos", "/repos/acme", false],
    ["/repos/acme/x", "/repos/acme/", true],
    ["/repos/acme/", "/repos/acme/", true],
    ["/repos/acme", "/repos/acme/", false],
    ["/repos/acmeevil", "/repos/acme/", false],
    ["/REPOS/acme", "/repos", false],
    ["/anything", "/", true],
    ["/", "/", true],
    ["/a b/c", "/a%20b", true],
    ["/€", "/%e2%82%ac", true],
  ])("%s under %s: %s", (path, prefix, expected) => {
    expect(isUnder(path, prefix)).toBe(expected);
  });

  test("that is ambiguous covers nothing", () => {
    expect(isUnder("/a/b", "/a%2fb")).toBe(false);
    expect(isUnder("/a", "a")).toBe(false);
  });

  test("covers only whole segments", () => {
    const segments = fc.array(fc.stringMatching(/^[a-c]{1,2}$/), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(segments, segments, (path, prefix) => {
        const expected = prefix.every((segment, index) => path[index] === segment);
        expect(isUnder(`/${path.join("/")}`, `/${prefix.join("/")}`)).toBe(expected);
      }),
    );
  });
});
