import { describe, expect, it } from "vitest";

import { bottleTable } from "#modes/print/bottle-table.ts";
import { requestLine } from "#modes/print/egress-text.ts";
import { logLine } from "#modes/print/log-line.ts";
import { plain } from "#modes/print/paint.ts";
import { decisionText, proposalTable, proposalText } from "#modes/print/proposal-text.ts";
import { bottleRow, decision, egressProposal, inboxItem, NOW, questionProposal } from "#tests/helpers/fake-console.ts";

const HOSTILE = "\u001b[2J\u001b]52;c;eA==\u0007a\u202eb\u009b31m\u0008c\r\nd";
// oxlint-disable-next-line no-control-regex -- controls are exactly what is looked for
const OBEYED = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/;

describe("texts for people", () => {
  it("print nothing of an agent's that a terminal obeys", () => {
    const question = questionProposal({ payload: { text: HOSTILE, options: [HOSTILE] }, justification: HOSTILE });
    const rule = egressProposal({
      justification: HOSTILE,
      payload: { host: "x.test", method: "GET", path: `/${HOSTILE}` },
    });
    const items = [question, rule].map((proposal) => inboxItem({ proposal }));
    const texts = [
      proposalTable(items, NOW, plain),
      ...items.map((item) => proposalText(item, [], NOW, plain)),
      decisionText(decision({ notes: HOSTILE, applied: { ok: false, detail: HOSTILE } }), NOW, plain),
      bottleTable(
        [bottleRow({ last_line: HOSTILE, label: HOSTILE, agent: HOSTILE, down: { egress: HOSTILE } })],
        NOW,
        plain,
      ),
      logLine({ at: NOW.toISOString(), source: HOSTILE, text: HOSTILE }, plain),
      requestLine(
        {
          id: 1,
          at: NOW.toISOString(),
          verdict: "block",
          protocol: "http/1.1",
          method: "GET",
          scheme: "https",
          host: "x.test",
          port: 8443,
          path: `/${HOSTILE}`,
          status: 403,
          bytes_up: 0,
          bytes_down: 0,
          ms: 1,
          rule: HOSTILE,
        },
        plain,
      ),
    ];
    for (const text of texts) expect(text).not.toMatch(OBEYED);
  });

  it("say how a bottle ended and what is down", () => {
    const rows = [
      bottleRow({ slug: "a-1", state: "crashed", exit_code: 1 }),
      bottleRow({ slug: "b-2", state: "crashed", signal: "SIGKILL" }),
      bottleRow({ slug: "c-3", state: "exited", exit_code: 0, down: { egress: "restarting" } }),
      bottleRow({ slug: "d-4", isolation: null, backend: "docker", host: "big" }),
    ];
    const text = bottleTable(rows, NOW, plain);
    expect(text).toMatch(/^a-1 +crashed \(1\)/m);
    expect(text).toMatch(/^b-2 +crashed \(SIGKILL\)/m);
    expect(text).toMatch(/^c-3 +exited +.*egress is down: restarting$/m);
    expect(text).toMatch(/^d-4 .* docker@big/m);
  });

  it("never call a bottle isolated whose isolation was not proved", () => {
    const isolation = {
      mechanism: "bubblewrap",
      proved_at: NOW.toISOString(),
      checks: [{ name: "no route", ok: false, evidence: "it answered", required: true }],
    };
    expect(bottleTable([bottleRow({ isolation })], NOW, plain)).toContain("bubblewrap: not proved");
  });

  it("say what became of a proposal", () => {
    const use = { count: 1, first_at: NOW.toISOString(), last_at: NOW.toISOString() };
    const text = proposalTable(
      [
        inboxItem({ decision: decision(), use }),
        inboxItem({ decision: decision({ applied: { ok: false, detail: "the bottle is gone" } }) }),
      ],
      NOW,
      plain,
    );
    expect(text).toContain("used once");
    expect(text).toContain("the bottle is gone");
  });
});
