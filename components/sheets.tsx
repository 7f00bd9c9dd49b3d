// Dialogs at the lower edge, so that what they are about stays in sight: confirm, scope, form, prompt, palette.

import { Box } from "ink";

import { Field, FieldPane, rowsUnder } from "./field.tsx";
import { keepInSight, type Area } from "./layout.ts";
import { Lines } from "./line.tsx";
import { paneRows } from "./pane.ts";
import { BOLD, DIM, fit, RED, row, span, type Row } from "./rows.ts";

export interface ConfirmProps extends Area {
  readonly lines: readonly string[];
  readonly safe: string;
  readonly act: string;
  readonly focus: "safe" | "act";
}

export function Confirm({ width, height, lines, safe, act, focus }: ConfirmProps) {
  const rows = [
    ...lines.map((line, index) => row(span(line, index === 0 ? BOLD : {}))),
    row(
      button(safe, focus === "safe"),
      "   ",
      button(act, focus === "act"),
      span("    ←→ choose, Enter takes it, Esc leaves", DIM),
    ),
  ];
  return (
    <Lines
      rows={paneRows({ width, height, title: row(span("Sure?", BOLD)), active: true }, rows)}
      width={width}
      height={height}
    />
  );
}

function button(text: string, focused: boolean) {
  return span(focused ? `▸[ ${text} ]` : ` [ ${text} ]`, focused ? { bold: true, inverse: true } : {});
}

export interface ScopeProps extends Area {
  readonly scopes: readonly { readonly title: string; readonly detail: string }[];
  readonly index: number;
}

export function ScopeSheet({ width, height, scopes, index }: ScopeProps) {
  const rows = scopes.map(({ title, detail }, at) =>
    row(
      span(at === index ? "▸ " : "  ", BOLD),
      span(`${at + 1} `, BOLD),
      span(fit(title, 24), at === index ? { inverse: true } : {}),
      span(` ${detail}`, DIM),
    ),
  );
  return (
    <Lines
      rows={paneRows({ width, height, title: row(span("Approve for how long?", BOLD)), active: true }, rows)}
      width={width}
      height={height}
    />
  );
}

export interface FormProps extends Area {
  readonly title: string;
  readonly fields: readonly {
    readonly name: string;
    readonly label: string;
    readonly value: string;
    readonly hint: string;
    readonly secret?: boolean;
  }[];
  readonly index: number;
  readonly error: string | null;
  /** Between the title and the fields: the options of a question. */
  readonly above: readonly Row[];
  /** Under the fields: what an edited rule would allow. */
  readonly below: readonly Row[];
  readonly onChange: (value: string) => void;
}

export function Form({ width, height, title, fields, index, error, above, below, onChange }: FormProps) {
  const top = paneRows({ width, height: above.length + 2, title: row(span(title, BOLD)), active: true }, above).slice(
    0,
    -1,
  );
  const rest = error === null ? below : [row(span(`✗ ${error}`, { color: RED, bold: true })), ...below];
  const end = paneRows(
    { width, height: Math.max(2, height - above.length - fields.length), title: [], active: true },
    rest,
  ).slice(1);
  return (
    <Box flexDirection="column" flexShrink={0} height={height} overflow="hidden">
      <Lines rows={top} width={width} height={top.length} />
      {fields.map((field, at) => (
        <Field key={field.name} {...field} focus={at === index} width={width} onChange={onChange} />
      ))}
      <Lines rows={end} width={width} height={end.length} />
    </Box>
  );
}

export interface PromptProps extends Area {
  readonly what: "filter" | "search" | "requests" | "search-requests";
  readonly text: string;
  readonly onChange: (value: string) => void;
}

const KEEP = "Enter keeps it, Esc clears it";
const PROMPTS: Readonly<Record<PromptProps["what"], { title: string; label: string; hint: string }>> = {
  filter: { title: "Filter the bottles", label: "filter", hint: KEEP },
  search: { title: "Search the logs", label: "search", hint: KEEP },
  requests: {
    title: "Filter the requests",
    label: "filter",
    hint: "words, or verdict:block host:api status:5xx method: path: rule: found: proto:",
  },
  "search-requests": {
    title: "Search the requests",
    label: "search",
    hint: "words, or terms such as host:api; n and N go on",
  },
};

export function Prompt({ width, height, what, text, onChange }: PromptProps) {
  const title = row(span(PROMPTS[what].title, BOLD));
  const field = { label: PROMPTS[what].label, value: text, hint: PROMPTS[what].hint, focus: true };
  return <FieldPane width={width} height={height} title={title} fields={[field]} rows={[]} onChange={onChange} />;
}

export interface PaletteProps extends Area {
  readonly filter: string;
  readonly index: number;
  readonly actions: readonly {
    readonly key: string;
    readonly title: string;
    readonly description: string;
    readonly reason: string;
  }[];
  readonly onFilter: (value: string) => void;
}

export function Palette({ width, height, filter, index, actions, onFilter }: PaletteProps) {
  const room = rowsUnder(1, height);
  const offset = keepInSight(0, index, room, actions.length);
  const rows = actions
    .slice(offset, offset + room)
    .map(({ key, title, description, reason }, at) =>
      row(
        span(at + offset === index ? "▸ " : "  ", BOLD),
        span(fit(key, 9), BOLD),
        span(fit(title, 16), at + offset === index ? { inverse: true } : reason === "" ? {} : DIM),
        span(` ${reason === "" ? description : `not now: ${reason}`}`, DIM),
      ),
    );
  const field = { label: "do", value: filter, hint: "type a part of its name, Enter does it", focus: true };
  const none = [row(span("nothing by that name", DIM))];
  return (
    <FieldPane
      width={width}
      height={height}
      title={row(span("What can be done here", BOLD))}
      fields={[field]}
      rows={rows.length === 0 ? none : rows}
      onChange={onFilter}
    />
  );
}
