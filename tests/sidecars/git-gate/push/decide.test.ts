// What may be changed upstream, as a decision without any git.

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { decidePush, type RefFacts } from "#sidecars/git-gate/push/decide.ts";
import { afterChanges } from "#sidecars/git-gate/push/made-refs.ts";

const ids = fc.constantFrom(undefined, "a".repeat(40), "b".repeat(40), "c".repeat(40));
const facts: fc.Arbitrary<RefFacts> = fc
  .record({
    ref: fc.constantFrom("refs/heads/x", "refs/tags/x", "refs/notes/x"),
    old: ids,
    new: ids,
    upstream: ids,
    isFastForward: fc.boolean(),
    pushedHere: ids,
  })
  .filter((fact) => fact.old !== undefined || fact.new !== undefined);

describe("a push", () => {
  test("never destroys what this bottle did not push, unless it may", () => {
    fc.assert(
      fc.property(facts, (fact) => {
        const verdict = decidePush([fact], { name: "app", force_push: false });
        if (!verdict.ok) return;
        expect(fact.old).toBe(fact.upstream);
        const keeps =
          fact.old === undefined ||
          (fact.new !== undefined && fact.isFastForward && !fact.ref.startsWith("refs/tags/"));
        if (!keeps) expect(fact.pushedHere).toBe(fact.old);
      }),
    );
  });

  test("that may do anything is still refused where upstream is not what the pusher saw", () => {
    fc.assert(
      fc.property(facts, (fact) => {
        expect(decidePush([fact], { name: "app", force_push: true }).ok).toBe(fact.old === fact.upstream);
      }),
    );
  });

  test("is all or nothing", () => {
    fc.assert(
      fc.property(fc.array(facts, { minLength: 1, maxLength: 5 }), fc.boolean(), (all, force_push) => {
        const alone = all.map((fact) => decidePush([fact], { name: "app", force_push }).ok);
        expect(decidePush(all, { name: "app", force_push }).ok).toBe(alone.every(Boolean));
      }),
    );
  });
});

describe("what this bottle made", () => {
  const a = "a".repeat(40);
  const b = "b".repeat(40);
  const ref = "refs/heads/x";

  test("is what it created, and what it pushed to it since", () => {
    const made = afterChanges(new Map(), [{ ref, kind: "create", old: undefined, new: a }]);
    expect(made).toEqual(new Map([[ref, a]]));
    expect(afterChanges(made, [{ ref, kind: "update", old: a, new: b }])).toEqual(new Map([[ref, b]]));
    expect(afterChanges(made, [{ ref, kind: "delete", old: a, new: undefined }])).toEqual(new Map());
  });

  test("is not what was there before, or what somebody else has moved", () => {
    expect(afterChanges(new Map(), [{ ref, kind: "update", old: a, new: b }])).toEqual(new Map());
    expect(afterChanges(new Map([[ref, a]]), [{ ref, kind: "update", old: b, new: a }])).toEqual(new Map());
  });
});
