import { describe, expect, it } from "vitest";

import { openFreshness } from "#sidecars/git-gate/upstream/freshness.ts";
import { parseForEachRef, parseLsRemote, sameRefs } from "#sidecars/git-gate/upstream/remote-refs.ts";

/** Fetches that the test ends. */
function fetches() {
  const open: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const fetch = () => new Promise<void>((resolve, reject) => void open.push({ resolve, reject }));
  return { open, fetch };
}

/** Every promise that can settle has. */
const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe("a mirror is made fresh", () => {
  it("once for all who ask while one fetch runs, by one that began after they asked", async () => {
    const { open, fetch } = fetches();
    const freshness = openFreshness(fetch);
    const first = freshness.ensure();
    let late = false;
    const others = [freshness.ensure(), freshness.ensure()].map((ensured) => ensured.then(() => (late = true)));
    expect(open.length).toBe(1);
    open[0]!.resolve();
    await first;
    await settled();
    expect(late).toBe(false);
    expect(open.length).toBe(2);
    open[1]!.resolve();
    await Promise.all(others);
    expect(open.length).toBe(2);
  });

  it("not at all for those who take what was fetched a moment ago, and again when that is over", async () => {
    const { open, fetch } = fetches();
    let now = 1000;
    const freshness = openFreshness(fetch, () => now);
    const first = freshness.ensure(50);
    open[0]!.resolve();
    await first;
    now = 1050;
    await freshness.ensure(50);
    expect(open.length).toBe(1);
    now = 1051;
    const again = freshness.ensure(50);
    expect(open.length).toBe(2);
    open[1]!.resolve();
    await again;
  });

  it("anew after a failure, which only those who waited for that fetch hear of", async () => {
    const { open, fetch } = fetches();
    const freshness = openFreshness(fetch);
    const first = freshness.ensure();
    const second = freshness.ensure();
    open[0]!.reject(new Error("down"));
    await expect(first).rejects.toThrow("down");
    await settled();
    open[1]!.resolve();
    await expect(second).resolves.toBeUndefined();
    const third = freshness.ensure(1000);
    await expect(third).resolves.toBeUndefined();
  });
});

describe("the refs of an upstream", () => {
  const [one, two] = ["1".repeat(40), "2".repeat(40)];

  it("are its branches, tags and notes; peeled tags and other refs are not among them", () => {
    const { refs, head } = parseLsRemote(
      [
        "ref: refs/heads/trunk\tHEAD",
        `${one}\tHEAD`,
        `${one}\trefs/heads/trunk`,
        `${two}\trefs/tags/v1`,
        `${one}\trefs/tags/v1^{}`,
        `${one}\trefs/pull/1/head`,
        `${two}\trefs/notes/commits`,
        "garbage",
        "",
      ].join("\n"),
    );
    expect([...refs]).toEqual([
      ["refs/heads/trunk", one],
      ["refs/tags/v1", two],
      ["refs/notes/commits", two],
    ]);
    expect(head).toBe("refs/heads/trunk");
  });

  it("are the mirror's when each has the same object in both", () => {
    const mirror = parseForEachRef(`${one}\trefs/heads/a\n${two}\trefs/tags/b\n`);
    expect(
      sameRefs(
        mirror,
        new Map([
          ["refs/tags/b", two],
          ["refs/heads/a", one],
        ]),
      ),
    ).toBe(true);
    expect(sameRefs(mirror, new Map([["refs/heads/a", one]]))).toBe(false);
    expect(
      sameRefs(
        mirror,
        new Map([
          ["refs/heads/a", one],
          ["refs/tags/c", two],
        ]),
      ),
    ).toBe(false);
    expect(
      sameRefs(
        mirror,
        new Map([
          ["refs/heads/a", two],
          ["refs/tags/b", two],
        ]),
      ),
    ).toBe(false);
  });
});
