// A whole proposal in the operator's editor, and then the question whether what came back is to be approved.

import type { Console } from "#contracts/console.ts";
import { describeProposal } from "#domain/proposal/describe.ts";
import type { Proposal } from "#domain/proposal/proposal.ts";

import { findItem } from "./context.ts";
import { editProposal, type EditEnd } from "./editor.ts";
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
  let end: EditEnd = { type: "unchanged" };
  await handover.during(async () => {
    end = await editProposal({ proposal: item.proposal, editor, stdin, stdout });
  });
  finish(end, item.proposal, digest, { console, store });
}

function finish(
  end: EditEnd,
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
      const edited = { ...proposal, payload: end.payload } as Proposal;
      return store.dispatch({ type: "open", layer: confirmEdited(edited, digest, console) });
    }
  }
}

function confirmEdited(edited: Proposal, digest: string, console: Console): ConfirmLayer {
  const { warnings } = wordsOf(edited, console.fleet().inbox, []);
  const dangers = warnings.filter(({ severity }) => severity === "danger").map(({ text }) => `! ${text}`);
  return {
    type: "confirm",
    lines: [
      "Approve the edited rule until the bottle stops?",
      ...describeProposal(edited).meaning.slice(0, 2),
      ...dangers,
    ],
    safe: "Leave it",
    act: "Approve",
    focus: "safe",
    effect: { type: "approve", id: edited.id, digest, approval: { scope: "session", payload: edited.payload } },
  };
}
