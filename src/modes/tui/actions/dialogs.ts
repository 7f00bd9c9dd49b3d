// What works inside dialogs: confirm, forms, the palette.

import { validatePayload } from "#domain/proposal/validate-edit.ts";

import { findItem, layerOf, type Context } from "../context.ts";
import { answerText, editedRule, fieldValue } from "../forms.ts";
import {
  pop,
  replaceTop,
  step,
  top,
  type ConfirmLayer,
  type Effect,
  type FormLayer,
  type Step,
  type View,
} from "../view.ts";

import { dialog, type Action } from "./action.ts";
import { decided } from "./decide.ts";
import { requestKey } from "./egress-row.ts";
import { replan } from "./launching.ts";

export const dialogs: readonly Action[] = [
  dialog(
    "confirm-switch",
    "switch",
    "The other choice",
    ["left", "right", "tab", "shift-tab", "h", "l"],
    ["confirm"],
    1,
    (context) => {
      const layer = layerOf(context, "confirm");
      return layer === undefined
        ? step(context.view)
        : step(replaceTop(context.view, { ...layer, focus: layer.focus === "safe" ? "act" : "safe" }));
    },
  ),
  dialog("confirm-take", "take it", "Take the choice that is marked", ["enter"], ["confirm"], 2, (context) => {
    const layer = layerOf(context, "confirm");
    return layer === undefined || layer.focus === "safe" ? step(pop(context.view)) : confirmed(context.view, layer);
  }),
  dialog("confirm-yes", "yes", "Do it", ["y"], ["confirm"], 3, (context) => {
    const layer = layerOf(context, "confirm");
    return layer === undefined ? step(context.view) : confirmed(context.view, layer);
  }),
  dialog("confirm-no", "no", "Take the safe choice", ["n"], ["confirm"], 4, ({ view }) => step(pop(view))),
  dialog("field-next", "next field", "The next field", ["tab", "down"], ["form"], 2, (context) =>
    moveField(context, 1),
  ),
  dialog("field-previous", "field before", "The field before", ["shift-tab", "up"], ["form"], 3, (context) =>
    moveField(context, -1),
  ),
  dialog("form-enter", "send", "To the next field; on the last one, send", ["enter"], ["form"], 1, (context) => {
    const layer = layerOf(context, "form");
    if (layer === undefined) return step(context.view);
    return layer.index < layer.fields.length - 1 ? moveField(context, 1) : submit(context, layer);
  }),
  dialog("form-send", "send now", "Send from any field", ["ctrl-s"], ["form"], 4, (context) => {
    const layer = layerOf(context, "form");
    return layer === undefined ? step(context.view) : submit(context, layer);
  }),
  {
    ...dialog(
      "form-editor",
      "$EDITOR",
      "The whole proposal as YAML in your editor",
      ["ctrl-e"],
      ["form"],
      5,
      openEditor,
    ),
    enabled: (context) =>
      layerOf(context, "form")?.purpose.type === "edit" ? true : "only a rule can be edited in the editor",
  },
  dialog("palette-run", "run", "Do it", ["enter"], ["palette"], 1, ({ view }) => step(view)),
];

function workedOn(effect: Effect): string | undefined {
  switch (effect.type) {
    case "stop":
    case "remove-rule":
      return effect.slug;
    case "undo":
      return effect.id;
    default:
      return undefined;
  }
}

function confirmed(view: View, { effect }: ConfirmLayer): Step {
  const about = workedOn(effect);
  const next = pop(view);
  return step(about === undefined ? next : { ...next, working: { ...next.working, [about]: effect.type } }, effect);
}

function moveField({ view }: Context, by: 1 | -1): Step {
  const layer = top(view);
  if (layer?.type !== "form") return step(view);
  const index = Math.max(0, Math.min(layer.fields.length - 1, layer.index + by));
  return step(replaceTop(view, { ...layer, index }));
}

function submit(context: Context, layer: FormLayer): Step {
  const { purpose, fields } = layer;
  switch (purpose.type) {
    case "reject": {
      const reason = fieldValue(fields, "reason") || "rejected by the operator, who gave no reason";
      return decided(context, purpose.id, { type: "reject", id: purpose.id, digest: purpose.digest, reason });
    }
    case "answer": {
      const notes = answerText(fieldValue(fields, "answer"), purpose.options);
      if (notes === "") return refused(context, layer, "write an answer, or Esc to leave the agent waiting");
      return decided(context, purpose.id, {
        type: "approve",
        id: purpose.id,
        digest: purpose.digest,
        approval: { scope: "once", notes },
      });
    }
    case "take-back": {
      const { slug, request } = purpose;
      const reason = fieldValue(fields, "reason");
      if (reason === "") return refused(context, layer, "write why, or Esc to keep the rule");
      return decided(context, requestKey(slug, request), { type: "deny", slug, request, reason });
    }
    case "edit":
      return submitRule(context, layer, purpose.id, purpose.digest);
    case "label": {
      const label = fieldValue(fields, "label");
      const { label: _before, ...request } = purpose.request;
      return replan(pop(context.view), label === "" ? request : { ...request, label });
    }
    case "launch-answers": {
      const answers = Object.fromEntries(fields.map(({ name, value }) => [name, value]));
      return replan(pop(context.view), { ...purpose.request, answers: { ...purpose.request.answers, ...answers } });
    }
  }
}

function submitRule(context: Context, layer: FormLayer, id: string, digest: string): Step {
  const item = findItem(context.fleet, id);
  if (item === undefined || item.proposal.kind !== "egress-block")
    return refused(context, layer, "the proposal is gone");
  const edited = editedRule(layer.fields, item.proposal.payload);
  if (!edited.ok) return refused(context, layer, edited.error);
  const checked = validatePayload("egress-block", edited.payload);
  if (!checked.ok) return refused(context, layer, checked.problems[0]?.message ?? "this is no rule");
  return decided(context, id, {
    type: "approve",
    id,
    digest,
    approval: { scope: "session", payload: checked.payload },
  });
}

function refused({ view }: Context, layer: FormLayer, error: string): Step {
  return step(replaceTop(view, { ...layer, error }));
}

function openEditor(context: Context): Step {
  const layer = layerOf(context, "form");
  if (layer === undefined || layer.purpose.type !== "edit") return step(context.view);
  const { id, digest } = layer.purpose;
  return step(pop(context.view), { type: "edit-in-editor", id, digest });
}
