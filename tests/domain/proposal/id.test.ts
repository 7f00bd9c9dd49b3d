import fc from "fast-check";
import { expect, test } from "vitest";

import { newProposalId, parseProposalId, proposalTime } from "#domain/proposal/id.ts";
import { PROPOSAL_ID } from "#domain/proposal/proposal.ts";

const time = fc.date({ min: new Date(0), max: new Date("3000-01-01"), noInvalidDate: true });
const bytes = fc.uint8Array({ minLength: 5, maxLength: 5 });

test("ids sort by time and tell it", () => {
  fc.assert(
    fc.property(time, time, bytes, bytes, (a, b, x, y) => {
      const [one, two] = [newProposalId(a, x), newProposalId(b, y)];
      expect(one).toMatch(PROPOSAL_ID);
      expect(proposalTime(one)).toEqual(a);
      if (a.getTime() !== b.getTime()) expect(one < two).toBe(a < b);
    }),
  );
});

test("an id of another maker tells no time", () => {
  for (const id of ["short", "ABCDEFGHI-x", "20261120-abc"]) expect(proposalTime(id)).toBeUndefined();
});

test("only what is safe as a file name is an id", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      if (/^[0-9A-Za-z][0-9A-Za-z-]{7,63}$/.test(text)) expect(parseProposalId(text)).toBe(text);
      else expect(() => parseProposalId(text)).toThrow(/not the id of a proposal/);
    }),
  );
});
