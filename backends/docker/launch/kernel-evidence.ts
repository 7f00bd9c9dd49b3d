// What this machine's kernel shows of an agent's first process, which no image can colour: programs inside may all be the
// image's own, and a proof is only as good as whoever reports it.

import { readFileSync } from "node:fs";

import type { IsolationCheck } from "#domain/fleet/isolation.ts";
import { INSIDE } from "#domain/boot/protocol.ts";

/** Texts of /proc/<pid>/. */
export interface ProcessFacts {
  readonly status: string;
  readonly uidMap: string;
  readonly mountinfo: string;
}

const NAME = "its process is confined by the kernel";
/** They put a kernel of their own between: what this one shows is that, and not the agent. */
const OWN_KERNEL = /^(?:io\.containerd\.)?(?:runsc|kata)/;
/** A user-space kernel: what a bottle sees of /proc there is no kernel's of this machine, and has not all that is looked for. */
const USER_SPACE_KERNEL = /^(?:io\.containerd\.)?runsc/;
const CAPABILITIES = ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"];

/**
 * Required wherever the process is one of this machine's that we may look at. Nothing inside decides that: an engine in a
 * virtual machine of its own has other processes.
 */
export function kernelChecks(
  { id, pid, runtime }: { readonly id: string; readonly pid: number; readonly runtime: string | undefined },
  hasSeccomp: boolean,
  read: (pid: number, id: string) => ProcessFacts | undefined = readProcess,
): IsolationCheck[] {
  if (OWN_KERNEL.test(runtime ?? "")) return [];
  if (pid === 0) return [{ name: NAME, required: true, ok: false, evidence: "it does not run" }];
  const facts = read(pid, id);
  if (facts === undefined) {
    const evidence = "the engine's processes are not seen from here: the image's own word is all there is";
    return [{ name: NAME, required: false, ok: false, evidence }];
  }
  const wrong = wrongOf(facts, hasSeccomp);
  const evidence =
    wrong.length === 0 ? `uid ${uidsOf(facts)[0]}, no capabilities, no new privileges` : wrong.join(", ");
  return [{ name: NAME, required: true, ok: wrong.length === 0, evidence }];
}

/** gVisor, by the name that the daemon's operator gave it: then its walls are that kernel's own. */
export function isUserSpaceKernel(runtime: string | undefined): boolean {
  return USER_SPACE_KERNEL.test(runtime ?? "");
}

/** Undefined when it is not that container's, or not shown to us. */
export function readProcess(pid: number, id: string): ProcessFacts | undefined {
  const read = (name: string): string => readFileSync(`/proc/${pid}/${name}`, "utf8");
  try {
    if (!read("cgroup").includes(id)) return undefined;
    const facts = { status: read("status"), uidMap: read("uid_map"), mountinfo: read("mountinfo") };
    return read("cgroup").includes(id) ? facts : undefined; // the number is nobody else's meanwhile
  } catch {
    return undefined;
  }
}

function wrongOf(facts: ProcessFacts, hasSeccomp: boolean): string[] {
  const field = (name: string): string => fieldOf(facts.status, name);
  const uids = uidsOf(facts);
  const held = CAPABILITIES.filter((name) => !/^0+$/.test(field(name)));
  return [
    ...(uids.length !== 4 || uids.some((uid) => isRoot(uid, facts.uidMap))
      ? [`uid ${uids.join(" ") || "unknown"}`]
      : []),
    ...held.map((name) => `${name} ${field(name) || "unknown"}`),
    ...(field("NoNewPrivs") === "1" ? [] : ["new privileges are possible"]),
    ...(!hasSeccomp || field("Seccomp") === "2" ? [] : ["its system calls are not filtered"]),
    ...(field("NSpid").split(/\s+/).length > 1 ? [] : ["it is in the host's namespace of processes"]),
    ...writable(facts.mountinfo).map((point) => `${point} can be written`),
  ];
}

/** Real, effective, saved and for files. */
function uidsOf({ status }: ProcessFacts): number[] {
  return fieldOf(status, "Uid").split(/\s+/).filter(Boolean).map(Number);
}

/** Outside, or inside of its own user namespace: there a rootless engine's root is the operator. */
function isRoot(uid: number, uidMap: string): boolean {
  const maps = uidMap
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter((map) => map.length === 3);
  const inside = maps.flatMap(([inner = 0, outer = 0, count = 0]) =>
    uid >= outer && uid < outer + count ? [inner + uid - outer] : [],
  );
  return uid === 0 || inside[0] === undefined || inside[0] === 0;
}

const MAY_BE_WRITTEN = [INSIDE.home, "/tmp", "/dev", "/proc", "/sys/fs/cgroup"];
const CLOSED = ["/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus", "/proc/fs"];

/** Mount points beyond what is the bottle's own; and the kernel's settings, where nothing covers them. */
function writable(mountinfo: string): string[] {
  const mounts = mountinfo
    .split("\n")
    .map((line) => line.split(" "))
    .flatMap(([, , , , point, options]) =>
      point === undefined || options === undefined ? [] : [{ point, readOnly: options.split(",").includes("ro") }],
    );
  if (mounts.length === 0) return ["everything"];
  const open = mounts.filter(
    ({ point, readOnly }) => !readOnly && (isIn(point, CLOSED) || !isIn(point, MAY_BE_WRITTEN)),
  );
  const uncovered = mounts.some(({ point }) => point === "/proc/sys") ? [] : ["/proc/sys"];
  return [...open.map(({ point }) => point), ...uncovered];
}

function isIn(point: string, folders: readonly string[]): boolean {
  return folders.some((folder) => point === folder || point.startsWith(`${folder}/`));
}

function fieldOf(status: string, name: string): string {
  return (
    status
      .split("\n")
      .find((line) => line.startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim() ?? ""
  );
}
