// From an agent's wish to the operator's eyes, and from the operator's key to the agent's answer, through the real sidecars.

import { setTimeout as wait } from "node:timers/promises";

import { createProposal } from "#lib/store/create-proposal.ts";

import { MARK, openDashboard, shows } from "../dashboard.ts";
import type { Reading } from "../reading.ts";
import { runningBottles } from "../state/running-bottles.ts";
import { startBundle, type SidecarBundle } from "../state/sidecar-bundle.ts";
import { percentile } from "../statistics.ts";
import type { TerminalProgram } from "../terminal-program.ts";

import type { Effort } from "./effort.ts";

/** Fewer than what supervise takes of one agent in a minute. */
const ANSWERS = 9;
/** For half a second after a proposal came under the cursor, no key decides it. */
const GUARDED_MS = 700;
const REFUSED = "no";

export async function measureProposals({ short }: Effort): Promise<Reading[]> {
  const bottles = await runningBottles(1);
  const slug = bottles.slugs[0]!;
  try {
    const bundle = await startBundle(bottles.root, slug);
    try {
      const dashboard = await openDashboard(bottles.root, bottles.slugs);
      try {
        dashboard.press("i");
        await dashboard.until((lines) => shows(lines, "Inbox"), "the inbox");
        const [first = 0, ...answers] = await decisions(dashboard, bundle);
        const rows = await arrivals(dashboard, { root: bottles.root, slug }, short ? 10 : 20);
        return [
          { id: "proposal.row", value: percentile(rows, 0.95), note: `p50 ${percentile(rows, 0.5).toFixed(0)} ms` },
          {
            id: "proposal.answer",
            value: percentile(answers, 0.95),
            note: `p50 ${percentile(answers, 0.5).toFixed(0)} ms; the first, not counted, ${first.toFixed(0)} ms`,
          },
        ];
      } finally {
        await dashboard.close();
      }
    } finally {
      await bundle.stop();
    }
  } finally {
    await bottles.remove();
  }
}

async function decisions(dashboard: TerminalProgram, bundle: SidecarBundle): Promise<number[]> {
  const taken: number[] = [];
  for (let index = 0; index < ANSWERS; index += 1) {
    const host = `answer${index}.example.com`;
    const answer = bundle.call("egress-block", { host, methods: ["GET"], justification: "the build needs it" });
    await dashboard.until(
      (lines) => shows(lines, `pending`) && shows(lines, `${host}:443`),
      `the proposal for ${host}`,
    );
    dashboard.press("g"); // what waits stands on top
    await dashboard.until(
      (lines) => lines.some((line) => line.includes(MARK) && line.includes(host)),
      "the cursor on it",
    );
    await wait(GUARDED_MS);
    const pressed = performance.now();
    dashboard.press("a");
    const { text, at } = await answer;
    if (!text.includes("approved")) throw new Error(`the agent was told: ${text.slice(0, 200)}`);
    taken.push(at - pressed);
  }
  return taken;
}

async function arrivals(
  dashboard: TerminalProgram,
  of: { root: string; slug: string },
  count: number,
): Promise<number[]> {
  const taken: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const host = `row${index}.test`;
    const payload = { host, methods: ["GET"] };
    await wait(200 + (index % 7) * 13);
    await createProposal(
      of,
      { kind: "egress-block", payload, justification: REFUSED, origin: "blocked-request" },
      new Date(),
    );
    const written = performance.now();
    const at = await dashboard.until((lines) => shows(lines, host), `a row for ${host}`);
    taken.push(Math.max(0, at - written));
  }
  return taken;
}
