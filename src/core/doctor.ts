// Whether this machine has what bottles need, and what to do where it has not.

import { access, constants, stat } from "node:fs/promises";
import { dirname } from "node:path";

import type { Backend } from "#contracts/backend.ts";
import type { DoctorItem } from "#contracts/console.ts";
import { programsFolder } from "#lib/programs.ts";

import { agentItems, wantedTemplates } from "./doctor-agents.ts";
import { gitItems } from "./doctor-git.ts";
import { providerItems } from "./doctor-providers.ts";

const OLDEST_NODE = [22, 22] as const;

export async function examine(root: string, backends: readonly Backend[]): Promise<DoctorItem[]> {
  return [
    nodeVersion(process.versions.node),
    await rootAccess(root),
    builtPrograms(),
    ...(await gitItems()),
    ...(await agentItems(process.env["PATH"] ?? "", await wantedTemplates(root))),
    ...(await providerItems(root)),
    ...(await Promise.all(backends.map(backendItem))),
  ];
}

function nodeVersion(version: string): DoctorItem {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const enough = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
  return enough
    ? { name: "Node", state: "ok", detail: version }
    : { name: "Node", state: "missing", detail: version, hint: `install Node ${OLDEST_NODE.join(".")} or newer` };
}

async function rootAccess(root: string): Promise<DoctorItem> {
  const name = "root folder";
  const found = await stat(root).catch(() => undefined);
  if (found === undefined) {
    const writable = await mayWrite(dirname(root));
    return writable
      ? { name, state: "ok", detail: `${root} (made at the first launch)` }
      : { name, state: "missing", detail: `${root} cannot be made`, hint: "set BOT_BOTTLE_ROOT to a folder of yours" };
  }
  if (!(await mayWrite(root)))
    return { name, state: "missing", detail: `${root} cannot be written`, hint: `chown it, or set BOT_BOTTLE_ROOT` };
  const open = (found.mode & 0o077) !== 0;
  return open
    ? { name, state: "warning", detail: `${root} can be read by others`, hint: `chmod 700 ${root}` }
    : { name, state: "ok", detail: root };
}

async function mayWrite(folder: string): Promise<boolean> {
  return await access(folder, constants.W_OK).then(
    () => true,
    () => false,
  );
}

function builtPrograms(): DoctorItem {
  try {
    return { name: "sidecars", state: "ok", detail: programsFolder() };
  } catch (error) {
    return {
      name: "sidecars",
      state: "missing",
      detail: error instanceof Error ? error.message : String(error),
      hint: "run `npm run build`",
    };
  }
}

async function backendItem(backend: Backend): Promise<DoctorItem> {
  const probe = await backend.probe();
  const name = `backend ${backend.name}`;
  if (!probe.available) return { name, state: "missing", detail: probe.why, hint: probe.hint, probe };
  const detail = [
    probe.mechanism,
    ...(probe.mechanism.includes(probe.version) ? [] : [probe.version]),
    ...probe.weaknesses.map((weakness) => `not enforced: ${weakness}`),
  ].join("; ");
  return { name, state: probe.weaknesses.length === 0 ? "ok" : "warning", detail, probe };
}
