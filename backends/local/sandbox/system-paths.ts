// Which parts of the host's system a bottle sees, read-only: programs and libraries, and of /etc what programs need.

import { lstatSync, readlinkSync, statSync } from "node:fs";

import type { Bind, Sandbox } from "./sandbox.ts";

const FOLDERS = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];
/** Nothing here is secret or names the operator: no passwd, no hosts, no shadow, no private keys. */
const ETC = [
  "/etc/alternatives",
  "/etc/ca-certificates.conf",
  "/etc/ld.so.cache",
  "/etc/ld.so.conf",
  "/etc/ld.so.conf.d",
  "/etc/localtime",
  "/etc/mime.types",
  "/etc/pki/ca-trust",
  "/etc/pki/tls/certs",
  "/etc/protocols",
  "/etc/services",
  "/etc/ssl/certs",
  "/etc/ssl/openssl.cnf",
  "/etc/terminfo",
  "/etc/timezone",
];
const MASKED = [
  "/proc/acpi",
  "/proc/asound",
  "/proc/kcore",
  "/proc/keys",
  "/proc/key-users",
  "/proc/latency_stats",
  "/proc/mtrr",
  "/proc/pressure",
  "/proc/sched_debug",
  "/proc/scsi",
  "/proc/sysrq-trigger",
  "/proc/timer_list",
  "/proc/timer_stats",
];

export function systemPaths(): Pick<Sandbox, "binds" | "links" | "masked"> {
  const folders = FOLDERS.map((path) => ({ path, kind: kindOf(path) }));
  return {
    binds: [...folders.filter(({ kind }) => kind === "folder").map(({ path }) => path), ...ETC].flatMap(readOnlyBind),
    links: folders.flatMap(({ path, kind }) => (kind === "link" ? [{ path, target: readlinkSync(path) }] : [])),
    masked: MASKED.flatMap((path) => {
      const kind = kindOf(path);
      return kind === "folder" || kind === "file" ? [{ path, kind }] : [];
    }),
  };
}

function readOnlyBind(path: string): Bind[] {
  const kind = kindOf(path);
  if (kind === "none") return [];
  // A link in /etc (localtime) leads into /usr: what it leads to is bound under its name.
  const type = kind === "link" ? followedKind(path) : kind;
  return type === "folder" || type === "file" ? [{ from: path, to: path, writable: false, kind: type }] : [];
}

type Kind = "folder" | "file" | "link" | "none";

function kindOf(path: string): Kind {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return "none";
  if (stats.isSymbolicLink()) return "link";
  return stats.isDirectory() ? "folder" : "file";
}

function followedKind(path: string): Kind {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return "none";
  return stats.isDirectory() ? "folder" : "file";
}
