// edit: a proposal's rule before it is approved, or a definition, in the operator's editor.

import type { Console } from "#contracts/console.ts";
import { BottleError } from "#domain/bottle-error.ts";
import type { Definitions } from "#domain/definition/definitions.ts";
import type { InboxItem } from "#domain/fleet/fleet.ts";
import { painter } from "#modes/print/paint.ts";
import { decisionText } from "#modes/print/proposal-text.ts";

import { defineCommand, type CommandContext, type ExitCode } from "../command.ts";
import { editorOf, openInEditor, untilAccepted } from "../editor.ts";
import { Interrupted } from "../exit-code.ts";
import { didYouMean } from "../parse-arguments.ts";
import { answer } from "../print.ts";
import { readSettings } from "../settings.ts";
import { approval, approveWith, SCOPE_OPTIONS } from "./approve.ts";

export const edit = defineCommand({
  arguments: [
    { name: "what", describe: "the id of a pending proposal, or the name of a definition", completes: "definition" },
  ],
  options: {
    ...SCOPE_OPTIONS,
    kind: {
      type: "string",
      value: "kind",
      describe: "which definition, when an agent and a bottle share the name",
      choices: ["agent", "bottle"],
    },
  },
  details: [
    "A proposal: its rule or Dockerfile opens in your editor (of config.yml, $VISUAL or $EDITOR); saved with changes it is approved as modified, left as it was nothing happens. A question: what you write is the answer.",
    "A definition: its file opens and is checked when you leave the editor; what is wrong is shown, and you may go on editing.",
  ],
  examples: [
    "bottle-dash edit mfx12k3ab-c4d5e --scope once",
    "bottle-dash edit reviewer",
    "bottle-dash edit dev --kind bottle",
  ],
  async run({ args, options }, context) {
    const console = await context.console();
    const item = options.kind === undefined ? await proposalNamed(console, args.what) : undefined;
    if (item === undefined) return editDefinition(console, args.what, options.kind, context);
    return editProposal(console, item, options, context);
  },
});

async function proposalNamed(console: Console, id: string): Promise<InboxItem | undefined> {
  const { inbox } = await console.snapshot();
  return inbox.find((item) => item.proposal.id === id);
}

async function editProposal(
  console: Console,
  item: InboxItem,
  options: Parameters<typeof approval>[1],
  context: CommandContext,
): Promise<ExitCode> {
  const { editedProposal } = await import("../edited-proposal.ts");
  const edited = await editedProposal(item.proposal, await chosenEditor(context, console), context);
  if (edited === undefined) throw new Interrupted("it was left as it was: nothing was decided");
  const notes = "notes" in edited ? edited.notes : options.notes;
  const decision = approval(item, { ...options, notes }, context);
  const payload = "payload" in edited ? { payload: edited.payload } : {};
  const made = await approveWith(console, item, { ...decision, ...payload }, context);
  answer(context, made, () => decisionText(made, context.now(), painter(context.color)));
  return made.applied?.ok === false ? 1 : 0;
}

async function editDefinition(
  console: Console,
  name: string,
  kind: "agent" | "bottle" | undefined,
  context: CommandContext,
): Promise<ExitCode> {
  const path = definitionPath(await console.definitions(), name, kind);
  const editor = await chosenEditor(context, console);
  await untilAccepted(context, async () => {
    await openInEditor(context, editor, path);
    demandSound(await console.definitions(), path);
  });
  answer(context, { path }, () => `${path} is sound`);
  return 0;
}

async function chosenEditor(context: CommandContext, console: Console): Promise<string> {
  return editorOf(context, (await readSettings(context, console)).editor);
}

/** Throws `not-found`, or `usage` when an agent and a bottle have the name. */
function definitionPath(definitions: Definitions, name: string, kind: "agent" | "bottle" | undefined): string {
  const broken = definitions.broken.filter((file) => file.name === name);
  const agent = definitions.agents.get(name)?.path ?? broken.find((file) => file.kind === "agent")?.path;
  const bottle = definitions.bottles.get(name)?.path ?? broken.find((file) => file.kind === "bottle")?.path;
  const found = kind === "agent" ? agent : kind === "bottle" ? bottle : (agent ?? bottle);
  if (kind === undefined && agent !== undefined && bottle !== undefined) {
    throw new BottleError("usage", `${name} is an agent and a bottle`, {
      hint: "say which with --kind agent or --kind bottle",
    });
  }
  if (found !== undefined) return found;
  const names = [...definitions.agents.keys(), ...definitions.bottles.keys()];
  throw new BottleError(
    "not-found",
    `there is no proposal and no definition ${JSON.stringify(name)}${didYouMean(name, names)}`,
    {
      hint: "see `bottle-dash proposals` and `bottle-dash list available`, or make one with `bottle-dash init`",
    },
  );
}

function demandSound(definitions: Definitions, path: string): void {
  const problem = definitions.problems.find((found) => found.path === path && found.severity === "error");
  if (problem === undefined) return;
  const where = problem.line === undefined ? path : `${path}:${problem.line}`;
  throw new BottleError(
    "invalid",
    problem.field === undefined ? problem.message : `${problem.field}: ${problem.message}`,
    { where },
  );
}
