// `egress <slug> edit`: the table in force in the operator's editor, checked when it is saved.

import type { Console } from "#contracts/console.ts";
import type { EgressStatus } from "#domain/egress/control.ts";
import { parseRouteTable } from "#domain/egress/table.ts";

import type { CommandContext } from "../command.ts";
import { editInFile, editorOf } from "../editor.ts";
import { Interrupted } from "../exit-code.ts";
import { readSettings } from "../settings.ts";

const NAME = "routes.yaml";

export async function editTable(console: Console, slug: string, context: CommandContext): Promise<EgressStatus> {
  const { text, digest } = await console.egress.tableText(slug);
  const { editor } = await readSettings(context, console);
  const edited = await editInFile(context, editorOf(context, editor), { name: NAME, text }, (saved) => {
    parseRouteTable(saved, NAME);
    return saved;
  });
  if (edited === undefined) throw new Interrupted("it was left as it was: nothing was changed");
  return await console.egress.editTable(slug, edited, digest);
}
