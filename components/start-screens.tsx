// Starting a bottle: the picker, the preflight, the progress; and the welcome when there is none yet.

import type { AgentChoice, Preflight } from "#contracts/console.ts";
import { plainLine } from "#domain/plain-text.ts";

import { stepRows, type BuildStep } from "./build-rows.ts";
import { problemRows, type FleetListProps } from "./fleet-list.ts";
import { FieldPane, rowsUnder } from "./field.tsx";
import { keepInSight, type Area } from "./layout.ts";
import { Lines } from "./line.tsx";
import { insideOf, paneRows } from "./pane.ts";
import { BOLD, CYAN, DIM, fit, RED, row, span, wrap, YELLOW, type Row } from "./rows.ts";

export interface PickerProps extends Area {
  /** Null while they are read. */
  readonly agents: readonly AgentChoice[] | null;
  readonly index: number;
  readonly filter: string;
  readonly onFilter: (value: string) => void;
}

export function Picker({ width, height, agents, index, filter, onFilter }: PickerProps) {
  const room = rowsUnder(1, height);
  const offset = keepInSight(0, index, room, agents?.length ?? 0);
  const rows =
    agents === null
      ? [row(span("reading the agents…", DIM))]
      : agents.length === 0
        ? [row("no agent matches"), row(span("`bottle-dash init` writes a first one", DIM))]
        : agents.slice(offset, offset + room).map((agent, at) => agentRow(agent, at + offset === index));
  const field = { label: "filter", value: filter, hint: "type to filter, Enter chooses", focus: true };
  return (
    <FieldPane
      width={width}
      height={height}
      title={row(span("Start a bottle: which agent?", BOLD))}
      fields={[field]}
      rows={rows}
      onChange={onFilter}
    />
  );
}

function agentRow({ name, from, bottle, provider, backend, problem }: AgentChoice, selected: boolean): Row {
  return [
    span(selected ? "▸ " : "  ", BOLD),
    span(fit(plainLine(name), 22), selected ? { inverse: true, bold: true } : {}),
    span(` ${plainLine(bottle)}`, DIM),
    span(`  ${provider} on ${backend}  from ${from}`, DIM),
    ...(problem === undefined ? [] : [span(`  ✗ ${plainLine(problem)}`, { color: RED })]),
  ];
}

export interface PreflightProps extends Area {
  readonly agent: string;
  readonly plan: Preflight | null;
  readonly problem: string | null;
  readonly copies: boolean;
  readonly scroll: number;
}

export function PreflightScreen({ width, height, agent, plan, problem, copies, scroll }: PreflightProps) {
  const inside = insideOf({ width, height });
  const rows = preflightRows(plan, problem, copies, inside.width);
  const start = Math.min(scroll, Math.max(0, rows.length - inside.height));
  const below = rows.length - start - inside.height;
  const note = below > 0 ? row(span(`${below} more below (j)`, DIM)) : [];
  const frame = { width, height, title: row(span(`Preflight: ${agent}`, BOLD)), note, active: true };
  return <Lines rows={paneRows(frame, rows.slice(start, start + inside.height))} width={width} height={height} />;
}

const LABEL_WIDTH = 14;

function preflightRows(plan: Preflight | null, problem: string | null, copies: boolean, width: number): Row[] {
  if (problem !== null) return wrap(`✗ ${plainLine(problem)}`, width, { color: RED });
  if (plan === null) return [row(span("looking…", DIM))];
  return [
    // First: what stands below the edge is launched unread.
    ...plan.warnings.flatMap((text) => wrap(`! ${plainLine(text)}`, width, { color: YELLOW })),
    ...plan.lines.flatMap(({ label, text }) => labelledRows(plainLine(label), plainLine(text), width)),
    row(
      span("workspace".padEnd(14), DIM),
      copies ? "a copy of the current folder" : "empty (c copies the current folder)",
    ),
    ...(plan.questions.length === 0
      ? []
      : [
          [],
          row(span(`asks you for: ${plan.questions.map(({ name }) => plainLine(name)).join(", ")}`, { color: CYAN })),
        ]),
    [],
    row(span("Enter", BOLD), " launches exactly this; Esc goes back"),
  ];
}

/** Whole: what is not enforced must not be cut at the edge. */
function labelledRows(label: string, text: string, width: number): Row[] {
  return wrap(text, Math.max(1, width - LABEL_WIDTH)).map((line, index) => [
    span((index === 0 ? label : "").padEnd(LABEL_WIDTH), DIM),
    ...line,
  ]);
}

export interface ProgressProps extends Area {
  readonly title: string;
  readonly steps: readonly BuildStep[];
  readonly output: readonly string[];
  readonly showOutput: boolean;
  readonly failed: string | undefined;
}

export function Progress({ width, height, title, steps, output, showOutput, failed }: ProgressProps) {
  const frame = { width, height, title: row(span(title, BOLD)), active: true };
  const inside = insideOf(frame);
  const head = [
    ...steps.flatMap(stepRows),
    ...(showOutput || failed !== undefined ? [] : lastLine(output)),
    ...(failed === undefined
      ? []
      : [
          [],
          ...wrap(`✗ ${failed}`, inside.width, { color: RED, bold: true }),
          row(span("Esc goes back; nothing is left running", DIM)),
        ]),
    ...(steps.length === 0 && failed === undefined ? [row(span("starting…", DIM))] : []),
  ];
  const room = Math.max(0, inside.height - head.length - 1);
  const tail = showOutput && room > 0 ? [[], ...output.slice(-room).map((line) => row(span(line, DIM)))] : [];
  return <Lines rows={paneRows(frame, [...head, ...tail])} width={width} height={height} />;
}

/** A build takes minutes: something must be seen to move. */
function lastLine(output: readonly string[]): Row[] {
  const line = output.findLast((text) => text.trim() !== "");
  return line === undefined ? [] : [row(span(`  ┊ ${line}`, DIM))];
}

const WELCOME = [
  "bottle-dash runs coding agents in sandboxes (bottles) that they cannot leave.",
  "Nothing that an agent asks of the network gets out unless you allowed it.",
  "What it needs from you comes here, and one key answers it.",
  "Bottles go on when you leave; come back at any time.",
  "There is no bottle yet.",
];

export function Welcome({
  width,
  height,
  keys,
  problems,
}: Area & {
  keys: { readonly demo: string; readonly start: string; readonly help: string };
  problems: FleetListProps["problems"];
}) {
  const frame = { width, height, title: row(span("Welcome", BOLD)), active: true };
  const inside = insideOf(frame);
  const rows = [
    ...WELCOME.flatMap((line) => wrap(line, inside.width)),
    [],
    row(
      span(` ${keys.demo} `, { bold: true, inverse: true }),
      span("  start the demo bottle: the whole loop, no account needed", BOLD),
    ),
    row(span(` ${keys.start} `, BOLD), "  start an agent of yours"),
    row(span(` ${keys.help} `, BOLD), "  all keys"),
    ...(problems.length === 0 ? [] : [[]]),
  ];
  rows.push(...problemRows(problems, inside.width, inside.height - rows.length));
  return <Lines rows={paneRows(frame, rows)} width={width} height={height} />;
}
