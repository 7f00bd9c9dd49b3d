// A form as props of its sheet: what it is about above its fields, what an edited rule would allow below them.

import type { SheetProps } from "#components/dashboard.tsx";
import { warningRows } from "#components/proposal-detail.ts";
import { BOLD, DIM, row, span, wrap, type Row } from "#components/rows.ts";

import { findItem, type Context } from "./context.ts";
import { editedRule } from "./forms.ts";
import { wordsOf } from "./proposal-words.ts";
import type { FormLayer } from "./view.ts";

export function formOf(layer: FormLayer, context: Context): SheetProps {
  const { purpose, title, fields, index, error } = layer;
  const width = context.view.size.cols - 4;
  const options = purpose.type === "answer" ? purpose.options.map((option, at) => row(span(`${at + 1} `), option)) : [];
  const above = [...layer.about.map((line) => row(span(line, BOLD))), ...options];
  const below =
    purpose.type === "edit"
      ? editedMeaning(layer, purpose.id, context, width)
      : [row(span("Enter sends it, Esc leaves", DIM))];
  return { type: "form", title, fields, index, error, above, below };
}

/** What the rule in the fields would allow, while it is typed. */
function editedMeaning(layer: FormLayer, id: string, { fleet }: Context, width: number): Row[] {
  const item = findItem(fleet, id);
  if (item?.proposal.kind !== "egress-block") return [];
  const edited = editedRule(layer.fields, item.proposal.payload);
  const keys = row(span("ctrl-s approves it so, ctrl-e opens all of it in $EDITOR, Esc leaves", DIM));
  if (!edited.ok) return [row(span(edited.error, DIM)), keys];
  const { method: _method, path: _path, ...rule } = edited.payload;
  const words = wordsOf({ ...item.proposal, payload: rule }, fleet.inbox, []);
  const meaning = words.meaning.slice(0, 1).flatMap((text) => wrap(text, width));
  const dangers = words.warnings
    .filter(({ severity }) => severity === "danger")
    .flatMap((warning) => warningRows(warning, width));
  return [...dangers, ...meaning, keys];
}
