// Starting a bottle: the picker, the preflight with what can be changed in it, where it runs, and a launch under way.

import type { LaunchRequest } from "#contracts/console.ts";

import { layerOf, type Context } from "../context.ts";
import { labelForm, launchAnswersForm } from "../forms.ts";
import { filteredAgents } from "../pick.ts";
import { emptyProgress } from "../progress.ts";
import { pop, push, replaceTop, step, type Step, type View } from "../view.ts";

import { dialog, type Action } from "./action.ts";

export const launching: readonly Action[] = [
  {
    ...dialog("pick", "choose", "Take this agent", ["enter"], ["picker"], 1, pick),
    enabled: (context) =>
      chosenAgent(context)?.problem ?? (chosenAgent(context) === undefined ? "no agent is selected" : true),
  },
  {
    ...dialog("launch", "launch", "Launch it so", ["enter"], ["preflight"], 1, launch),
    enabled: (context) => (layerOf(context, "preflight")?.plan === null ? "the preflight is not ready" : true),
  },
  dialog("label", "label", "Give it a label", ["e"], ["preflight"], 3, (context) => {
    const layer = layerOf(context, "preflight");
    return layer === undefined ? step(context.view) : step(push(context.view, labelForm(layer.request)));
  }),
  dialog(
    "copy-folder",
    "copy folder",
    "Copy the current folder into the workspace, or not",
    ["c"],
    ["preflight"],
    4,
    (context) => {
      const layer = layerOf(context, "preflight");
      return layer === undefined ? step(context.view) : replan(context.view, toggleCopy(layer.request));
    },
  ),
  dialog(
    "backend",
    "backend",
    "Where it is to run: local, docker, or a host of yours",
    ["b"],
    ["preflight"],
    5,
    (context) => {
      const layer = layerOf(context, "preflight");
      if (layer === undefined) return step(context.view);
      const choice = { type: "backends", request: layer.request, backends: null, index: 0 } as const;
      return step(push(context.view, choice), { type: "probe-backends" });
    },
  ),
  {
    ...dialog("backend-choose", "choose", "Run it there", ["enter"], ["backends"], 1, chooseBackend),
    enabled: (context) => {
      const chosen = chosenBackend(context);
      if (chosen === undefined) return "the backends are still being asked";
      return chosen.probe.available ? true : chosen.probe.why;
    },
  },
  dialog("toggle-output", "output", "Show or hide what the steps print", ["o"], ["progress"], 2, (context) => {
    const layer = layerOf(context, "progress");
    return layer === undefined
      ? step(context.view)
      : step(replaceTop(context.view, { ...layer, showOutput: !layer.showOutput }));
  }),
  dialog(
    "progress-back",
    "cancel/back",
    "Cancel what is under way, or go back when it failed",
    ["esc"],
    ["progress"],
    1,
    ({ view }) => step(pop(view), { type: "abort-progress" }),
  ),
];

function chosenAgent(context: Context) {
  const layer = layerOf(context, "picker");
  return layer === undefined ? undefined : filteredAgents(layer)[layer.index];
}

function pick(context: Context): Step {
  const agent = chosenAgent(context);
  if (agent === undefined) return step(context.view);
  const request: LaunchRequest = { agent: agent.name };
  return step(push(context.view, { type: "preflight", request, plan: null, problem: null, scroll: 0 }), {
    type: "preflight",
    request,
  });
}

function chosenBackend(context: Context) {
  const layer = layerOf(context, "backends");
  return layer?.backends?.[layer.index];
}

/** Back to the preflight, which is made anew for it. */
function chooseBackend(context: Context): Step {
  const layer = layerOf(context, "backends");
  const chosen = chosenBackend(context);
  if (layer === undefined || chosen === undefined) return step(context.view);
  return replan(pop(context.view), { ...layer.request, backend: chosen.name });
}

export function replan(view: View, request: LaunchRequest): Step {
  return step(replaceTop(view, { type: "preflight", request, plan: null, problem: null, scroll: 0 }), {
    type: "preflight",
    request,
  });
}

function toggleCopy(request: LaunchRequest): LaunchRequest {
  const { copyCwd, ...rest } = request;
  return copyCwd === undefined ? { ...rest, copyCwd: "." } : rest;
}

function launch(context: Context): Step {
  const layer = layerOf(context, "preflight");
  if (layer?.plan === null || layer === undefined) return step(context.view);
  if (layer.plan.questions.length > 0) return step(push(context.view, launchAnswersForm(layer.plan)));
  const view = {
    ...context.view,
    stack: context.view.stack.filter(({ type }) => type !== "picker" && type !== "preflight"),
  };
  return step(push(view, emptyProgress(`Starting ${layer.plan.slug}`)), { type: "launch", plan: layer.plan });
}
