// The table of a running bottle in the operator's editor: checked and put in force when it is saved.

import type { Console } from "#contracts/console.ts";

import type { Outcome } from "./egress-effects.ts";
import { editFile, type EditEnd } from "./editor.ts";
import type { Handover } from "./handover.ts";
import { messageOf } from "./message-of.ts";
import type { Store } from "./store.ts";

export interface EditTable {
  readonly console: Console;
  readonly slug: string;
  readonly store: Store;
  readonly handover: Handover;
  readonly editor: string;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
}

export async function editTableInEditor(options: EditTable): Promise<void> {
  const { console, slug, store, handover, editor, stdin, stdout } = options;
  const { text, digest } = await console.egress.tableText(slug);
  let end: EditEnd<number> = { type: "unchanged" };
  await handover.during(async () => {
    end = await editFile<number>({
      name: `${slug}-routes.yaml`,
      text,
      check: async (edited) => await putInForce(console, slug, edited, digest),
      editor,
      stdin,
      stdout,
    });
  });
  store.dispatch({ type: "ended", about: slug, ...outcomeOf(end) });
}

type Checked = Awaited<ReturnType<Parameters<typeof editFile<number>>[0]["check"]>>;

/** What the operator can mend is a problem of the text; everything else ends the edit. */
async function putInForce(console: Console, slug: string, text: string, base: string): Promise<Checked> {
  try {
    const { version } = await console.egress.editTable(slug, text, base);
    return { ok: true, value: version };
  } catch (error) {
    return { ok: false, problems: [messageOf(error)] };
  }
}

function outcomeOf(end: EditEnd<number>): Outcome {
  switch (end.type) {
    case "unchanged":
      return { tone: "info", text: "unchanged: the table stays as it is" };
    case "dropped":
      return { tone: "bad", text: `${end.why}: the table stays as it is` };
    case "edited":
      return { tone: "good", text: `the table is in force as policy v${end.value}` };
  }
}
