// What of the kernel must be out of reach: settings, capabilities, privileges, system calls, further namespaces.

import { spawnSync } from "node:child_process";
import { closeSync, constants, existsSync, fstatSync, openSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import type { BootTries } from "#domain/boot/protocol.ts";

import { nothingOf, type Attempt, type Finding } from "./attempt.ts";

export function kernelAttempts(tries: BootTries): Attempt[] {
  const { seccomp_required: filtered, own_filter: own, network } = tries;
  const required = !tries.user_space_kernel;
  const status = (): Map<string, string> => parseStatus(readFileSync("/proc/self/status", "utf8"));
  return [
    {
      name: "kernel settings cannot be written",
      required,
      try: () => noKernelFileOpens(network === "internal" ? [PRESSURE] : []),
    },
    { name: "no capabilities", required, try: () => noCapabilities(status()) },
    { name: "no new privileges", required, try: () => noNewPrivileges(status()) },
    { name: "system calls are filtered", required: required && filtered, try: () => seccompMode(status()) },
    { name: "no further user namespaces", required, try: () => noNestedNamespaces(network === "internal") },
    { name: "special sockets are refused", required: filtered && own, try: specialSockets },
    { name: "keys of the host are out of reach", required: filtered && own, try: noKeys },
  ];
}

export function parseStatus(text: string): Map<string, string> {
  return new Map(
    text.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]),
  );
}

export function noCapabilities(status: ReadonlyMap<string, string>): Finding {
  const sets = ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"];
  const held = sets.filter((set) => !/^0+$/.test(status.get(set) ?? "unknown"));
  return nothingOf(
    held.map((set) => `${set} ${status.get(set) ?? "unknown"}`),
    `${sets.join(", ")}: none`,
    "held",
  );
}

export function noNewPrivileges(status: ReadonlyMap<string, string>): Finding {
  const value = status.get("NoNewPrivs") ?? "unknown";
  return { ok: value === "1", evidence: `NoNewPrivs ${value}` };
}

export function seccompMode(status: ReadonlyMap<string, string>): Finding {
  const value = status.get("Seccomp") ?? "unknown";
  return { ok: value === "2", evidence: `Seccomp ${value}` };
}

/** Engines leave it open: what is written there asks to be told of load, and sets nothing. */
const PRESSURE = "/proc/pressure";

/** Really tries to open each for writing: with root outside hundreds of them open, whatever their mode says. */
function noKernelFileOpens(left: readonly string[]): Finding {
  const open: string[] = [];
  let tried = 0;
  const visit = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (left.includes(path)) continue;
      if (entry.isDirectory() && !isProcess(path)) visitOr(path);
      else if (entry.isFile()) {
        tried += 1;
        if (opensForWriting(path)) open.push(path);
      }
    }
  };
  const visitOr = (folder: string): void => {
    try {
      visit(folder);
    } catch {
      // not even readable
    }
  };
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0; // almost every one of many thousands fails: half the time would go into telling where
  for (const folder of ["/proc", "/sys"]) visitOr(folder);
  Error.stackTraceLimit = stackTraceLimit;
  if (tried < 100) return { ok: false, evidence: `only ${tried} files of the kernel were found` };
  return nothingOf(
    open,
    `${tried} files of /proc and /sys, core_pattern among them: none opened`,
    "opened for writing",
  );
}

function isProcess(path: string): boolean {
  return /^\/proc\/(?:\d+|self|thread-self)$/.test(path);
}

function opensForWriting(path: string): boolean {
  let file: number;
  try {
    file = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return false;
  }
  try {
    return !fstatSync(file).isCharacterDevice(); // one masked by /dev/null opens, and takes nothing
  } finally {
    closeSync(file);
  }
}

/** An image may lack the program to try with: the engine's filter, which is then all there is to see, refuses the call. */
function noNestedNamespaces(imaged: boolean): Finding {
  const limit = readOr("/proc/sys/user/max_user_namespaces").trim();
  if (!existsSync("/usr/bin/unshare")) {
    const filter = imaged ? filteredAtAll() : { ok: false, evidence: "" };
    const evidence = [`max_user_namespaces ${limit}`, filter.evidence, "there is no unshare to try with"];
    return { ok: limit === "0" || filter.ok, evidence: evidence.filter(Boolean).join("; ") };
  }
  const { status, stderr } = spawnSync("/usr/bin/unshare", ["--user", "/bin/true"], {
    encoding: "utf8",
    timeout: 2000,
  });
  return { ok: status !== 0, evidence: status === 0 ? "unshare --user succeeded" : `unshare --user: ${stderr.trim()}` };
}

const FAMILIES: Readonly<Record<string, number>> = { netlink: 16, packet: 17, alg: 38, vsock: 40 };

function specialSockets(): Finding {
  const names = Object.keys(FAMILIES).join(", ");
  return byPerl(
    "for (@ARGV) { my ($n, $f) = split /=/; for my $t (1, 2, 3) { if (socket(my $s, $f, $t, 0)) { print qq($n\\n); last } } }",
    Object.entries(FAMILIES).map(([name, family]) => `${name}=${family}`),
    (opened) => nothingOf(opened, `${names}: refused`, "opened"),
  );
}

/** Of keyctl(2) on x86-64 and arm64. */
const KEYCTL: Readonly<Record<string, number>> = { x64: 250, arm64: 219 };
/** KEY_SPEC_*_KEYRING of linux/keyctl.h. */
const KEYRINGS: Readonly<Record<string, number>> = { session: -3, user: -4, "user session": -5 };

/** Keyrings know no namespaces: what the operator's session holds could be searched from any process that descends from it. */
function noKeys(): Finding {
  const listed = readOr("/proc/keys").split("\n").filter(Boolean);
  if (listed.length > 0) return { ok: false, evidence: `/proc/keys lists ${listed.length}` };
  const keyctl = KEYCTL[process.arch];
  if (keyctl === undefined) return filteredAtAll();
  return byPerl(
    "my $c = shift; for (@ARGV) { my ($n, $k) = split /=/; print qq($n\\n) if syscall($c + 0, 0, $k + 0, 0) != -1 }",
    [String(keyctl), ...Object.entries(KEYRINGS).map(([name, keyring]) => `${name}=${keyring}`)],
    (reached) => nothingOf(reached, `keyrings ${Object.keys(KEYRINGS).join(", ")}: refused`, "a keyring was reached"),
  );
}

/** Node cannot make these calls; perl is part of most systems. `judge` gets the lines that it prints. */
function byPerl(program: string, args: readonly string[], judge: (lines: readonly string[]) => Finding): Finding {
  const perl = "/usr/bin/perl";
  if (!existsSync(perl)) return filteredAtAll();
  const { status, stdout, stderr } = spawnSync(perl, ["-e", program, ...args], {
    encoding: "utf8",
    timeout: 2000,
    env: {},
  });
  if (status !== 0) return { ok: false, evidence: `could not be tried: perl ended with ${status} ${stderr.trim()}` };
  return judge(stdout.split("\n").filter(Boolean));
}

function filteredAtAll(): Finding {
  return seccompMode(parseStatus(readFileSync("/proc/self/status", "utf8")));
}

function readOr(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
