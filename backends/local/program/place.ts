// Where the agent's program stands inside a bottle.

import type { HostProgram } from "#contracts/backend.ts";
import { INSIDE } from "#domain/boot/protocol.ts";

import type { Bind, Sandbox } from "../sandbox/sandbox.ts";

/** Read-only, and on the PATH by its name: nothing inside is called as the operator's folders are. */
export function placeProgram(program: HostProgram | undefined): Pick<Sandbox, "binds" | "links"> {
  if (program === undefined) return { binds: [], links: [] };
  const { name, file, shown } = program;
  const alone = shown === file;
  const place = alone ? `lib/${file.slice(file.lastIndexOf("/") + 1)}` : "node_modules";
  const bind: Bind = {
    from: shown,
    to: `${INSIDE.agent}/${place}`,
    writable: false,
    kind: alone ? "file" : "folder",
  };
  const target = alone ? place : `${place}${file.slice(shown.length)}`;
  return { binds: [bind], links: [{ path: `${INSIDE.agent}/bin/${name}`, target: `../${target}` }] };
}
