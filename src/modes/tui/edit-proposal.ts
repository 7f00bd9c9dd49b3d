// A whole proposal in the operator's editor, and then the question whether what came back is to be approved.

import type { Console } from "#contracts/console.ts";
import { describeProposal } from "#domain/proposal/describe.ts";
import type { Proposal } from "#domain/proposal/proposal.ts";
import { editText, validateEdit, type Edited } from "#domain/proposal/validate-edit.ts";

import { findItem } from "./context.ts";
import { editFile, type EditEnd } from "./editor.ts";
import type { Handover } from "./handover.ts";
import { wordsOf } from "./proposal-words.ts";
import type { Store } from "./store.ts";
import type { ConfirmLayer } from "./view.ts";

export interface EditInEditor {
  readonly console: Console;
  readonly id: string;
  readonly digest: string;
  readonly store: Store;
  readonly handover: Handover;
  readonly editor: string;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
}

export async function editInEditor({
  console,
  id,
  digest,
  store,
  handover,
  editor,
  stdin,
  stdout,
}: EditInEditor): Promise<void> {
  const item = findItem(console.fleet(), id);
  if (item === undefined) return;
  const { proposal } = item;
  let end: EditEnd<Payload> = { type: "unchanged" };
  await handover.during(async () => {
    end = await editFile({
      name: proposal.kind === "capability-block" ? `${id}.Dockerfile` : `${id}.yaml`,
      text: editText(proposal),
      check: async (text) => checkedEdit(proposal, text),
      editor,
      stdin,
      stdout,
    });
  });
  finish(end, proposal, digest, { console, store });
}

type Payload = (Edited & { ok: true })["payload"];

function checkedEdit(proposal: Proposal, text: string) {
  const edited = validateEdit(proposal.kind, text);
  if (edited.ok) return { ok: true, value: edited.payload } as const;
  return { ok: false, problems: edited.problems.map(({ message }) => message) } as const;
}

function finish(
  end: EditEnd<Payload>,
  proposal: Proposal,
  digest: string,
  { console, store }: Pick<EditInEditor, "console" | "store">,
): void {
  switch (end.type) {
    case "unchanged":
      return store.dispatch({ type: "notice", tone: "info", text: "unchanged: nothing was approved" });
    case "dropped":
      return store.dispatch({ type: "notice", tone: "bad", text: `${end.why}: nothing was approved` });
    case "edited": {
      const edited = { ...proposal, payload: end.value } as Proposal;
      return store.dispatch({ type: "open", layer: confirmEdited(edited, digest, console, store) });
    }
  }
}

function confirmEdited(edited: Proposal, digest: string, console: Console, store: Store): ConfirmLayer {
  const before = store.view.dockerfiles[edited.bottle_slug]?.text ?? undefined;
  const { warnings } = wordsOf(edited, console.fleet().inbox, [], before);
  const dangers = warnings.filter(({ severity }) => severity === "danger").map(({ text }) => `! ${text}`);
  return {
    type: "confirm",
    lines: [
      edited.kind === "capability-block"
        ? "Build the edited Dockerfile, and put the agent into a bottle made from it?"
        : "Approve the edited rule until the bottle stops?",
      ...describeProposal(edited).meaning.slice(0, 2),
      ...dangers,
    ],
    safe: "Leave it",
    act: "Approve",
    focus: "safe",
    effect: { type: "approve", id: edited.id, digest, approval: { scope: "session", payload: edited.payload } },
  };
}
