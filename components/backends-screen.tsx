// Where a bottle is to run: each place with what it confines with, what that lacks, or why it does not work here.

import type { BackendChoice } from "#contracts/console.ts";
import { plainLine } from "#domain/plain-text.ts";

import { keepInSight, type Area } from "./layout.ts";
import { Lines } from "./line.tsx";
import { insideOf, paneRows } from "./pane.ts";
import { BOLD, DIM, fit, GREEN, RED, row, span, wrap, YELLOW, type Row } from "./rows.ts";

export interface BackendsProps extends Area {
  /** Null while they are asked. */
  readonly backends: readonly BackendChoice[] | null;
  readonly index: number;
  /** What the launch would take; empty: the first that works. */
  readonly now: string;
}

export function BackendsScreen({ width, height, backends, index, now }: BackendsProps) {
  const frame = { width, height, title: row(span("Where is it to run?", BOLD)), active: true };
  const inside = insideOf(frame);
  if (backends === null) {
    const asking = [row(span("asking each backend whether it works here…", DIM))];
    return <Lines rows={paneRows(frame, asking)} width={width} height={height} />;
  }
  const below = aboutRows(backends[index], inside.width);
  const room = Math.max(1, Math.min(backends.length, inside.height - Math.min(below.length + 1, inside.height >> 1)));
  const offset = keepInSight(0, index, room, backends.length);
  const list = backends
    .slice(offset, offset + room)
    .map((backend, at) => backendRow(backend, { selected: at + offset === index, taken: backend.name === now }));
  return <Lines rows={paneRows(frame, [...list, [], ...below])} width={width} height={height} />;
}

function backendRow({ name, host, probe }: BackendChoice, { selected, taken }: { selected: boolean; taken: boolean }) {
  return row(
    span(selected ? "▸ " : "  ", BOLD),
    probe.available ? span("✓ ", { color: GREEN }) : span("✗ ", { color: RED, bold: true }),
    span(fit(plainLine(name), 22), selected ? { inverse: true, bold: true } : {}),
    span(` on ${plainLine(host)}  `, DIM),
    probe.available ? plainLine(probe.mechanism) : span(plainLine(probe.why), { color: RED }),
    span(taken ? "  (chosen)" : "", DIM),
  );
}

function aboutRows(backend: BackendChoice | undefined, width: number): Row[] {
  if (backend === undefined) return [row("there is no backend")];
  const { probe, capabilities } = backend;
  if (!probe.available)
    return [
      ...wrap(`✗ ${plainLine(probe.why)}`, width, { color: RED }),
      ...wrap(plainLine(probe.hint), width, YELLOW_TEXT),
    ];
  return [
    row(
      span("confines with ", DIM),
      span(plainLine(probe.mechanism), BOLD),
      span(` (${plainLine(probe.version)})`, DIM),
    ),
    ...(probe.weaknesses.length === 0 ? [row(span("nothing is known that it does not enforce", DIM))] : []),
    ...probe.weaknesses.flatMap((text) => wrap(`! not enforced: ${plainLine(text)}`, width, YELLOW_TEXT)),
    ...Object.entries(capabilities).flatMap(([what, capability]) =>
      capability.can ? [] : wrap(`· no ${WORDS[what] ?? what}: ${plainLine(capability.why)}`, width, DIM),
    ),
  ];
}

const YELLOW_TEXT = { color: YELLOW };

/** Capabilities (contracts/backend.ts) in words. */
const WORDS: Readonly<Record<string, string>> = {
  rebuild: "rebuild from another Dockerfile",
  pause: "pause",
  snapshot: "snapshot",
  stats: "figures of processor and memory",
  workspaceCopy: "copy of the current folder",
  resume: "resume",
  exec: "commands of yours inside",
  copy: "copying of files in and out",
};
