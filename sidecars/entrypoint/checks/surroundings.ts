// What of the host must not be seen or touched from inside: files, mounts, processes, open descriptors, environment.

import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  type Stats,
} from "node:fs";
import { join } from "node:path";

import { INSIDE, type BootTries } from "#domain/boot/protocol.ts";

import { nothingOf, type Attempt, type Finding } from "./attempt.ts";

export function surroundingsAttempts(tries: BootTries): Attempt[] {
  const { absent, read_only: closed, image_variables: ofImage, network } = tries;
  return [
    {
      name: "files of the host are absent",
      required: true,
      try: () =>
        nothingOf(
          absent.filter(exists),
          `${absent.length} paths, ${absent.slice(0, 4).join(", ")} among them: absent`,
          "there",
        ),
    },
    {
      name: "the system is read-only",
      required: closed,
      try: () => readOnly(readFileSync("/proc/self/mountinfo", "utf8"), network === "internal" ? ENGINE_KEEPS : []),
    },
    { name: "nothing outside the home can be written", required: closed, try: nothingWritable },
    {
      name: "the home can be written",
      required: true,
      try: () => ({ ok: canCreate(INSIDE.home), evidence: INSIDE.home }),
    },
    {
      name: "no other processes are seen",
      required: true,
      try: () => noOthers(readdirSync("/proc"), [1, process.ppid, process.pid]),
    },
    { name: "no open files of the host", required: !tries.user_space_kernel, try: noOpenFiles },
    {
      name: "the launcher's environment is not leaked",
      required: true,
      try: () => environmentIsOurs(process.env, network === "internal" ? [...ofImage, "HOSTNAME"] : ofImage),
    },
  ];
}

/** Mount points that may be written: what is private to the bottle, and the kernel's own file systems, tried elsewhere. */
const WRITABLE = [INSIDE.home, "/tmp", "/dev", "/proc"];
const READ_ONLY_BELOW = ["/proc/sys", "/proc/pressure"];

/** Engines mount it writable for its owner alone, which the agent is not: that nothing can be made there is tried. */
const ENGINE_KEEPS = ["/sys/fs/cgroup"];

/** From the text of /proc/self/mountinfo. */
export function readOnly(mountinfo: string, kept: readonly string[] = []): Finding {
  const mounts = mountinfo
    .split("\n")
    .map((line) => line.split(" "))
    .flatMap(([, , , , point, options]) => (point === undefined || options === undefined ? [] : [{ point, options }]));
  const wrong = mounts.filter(
    ({ point, options }) => !options.split(",").includes("ro") && !mayBeWritten(point) && !kept.includes(point),
  );
  if (mounts.length === 0) return { ok: false, evidence: "no mounts were found" };
  return nothingOf(
    wrong.map(({ point }) => point),
    `${mounts.length} mounts; writable: only ${WRITABLE.join(", ")}`,
    "writable",
  );
}

function mayBeWritten(point: string): boolean {
  if (READ_ONLY_BELOW.some((path) => isBelow(point, path))) return false;
  return WRITABLE.some((path) => isBelow(point, path));
}

function isBelow(point: string, path: string): boolean {
  return point === path || point.startsWith(`${path}/`);
}

const CLOSED = [
  "/",
  "/usr",
  "/usr/bin",
  "/etc",
  "/opt",
  INSIDE.programs,
  "/run",
  INSIDE.sockets,
  `${INSIDE.sockets}/egress`,
  `${INSIDE.sockets}/boot`,
  INSIDE.tls,
  "/home",
  "/var",
  ...ENGINE_KEEPS,
];

function nothingWritable(): Finding {
  return nothingOf(CLOSED.filter(canCreate), `${CLOSED.join(", ")}: no file could be made`, "a file could be made in");
}

function canCreate(folder: string): boolean {
  const path = join(folder, `.bottle-dash-${process.pid}`);
  try {
    closeSync(openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600));
  } catch {
    return false;
  }
  rmSync(path, { force: true });
  return true;
}

export function noOthers(proc: readonly string[], ours: readonly number[]): Finding {
  const others = proc.filter((name) => /^\d+$/.test(name) && !ours.includes(Number(name)));
  return nothingOf(others, `only ${[...new Set(ours)].join(", ")}`, "also there");
}

/** A descriptor of a folder or file outside would be a way around every mount; one of a pipe or socket, a way to somebody. */
function noOpenFiles(): Finding {
  const found: string[] = [];
  for (const name of readdirSync("/proc/self/fd")) {
    try {
      const target = readlinkSync(`/proc/self/fd/${name}`);
      const inherited = !isCloseOnExec(readFileSync(`/proc/self/fdinfo/${name}`, "latin1"));
      if (!isHarmless(target, fstatSync(Number(name)), inherited)) found.push(target);
    } catch {
      // closed meanwhile: the one that listed them
    }
  }
  return nothingOf(found, "only the terminal, /dev/null and what this process opened", "open");
}

const O_CLOEXEC = 0o2000000;

/** From the text of /proc/self/fdinfo/N. Node opens everything so; what is not was there before. */
export function isCloseOnExec(fdinfo: string): boolean {
  const flags = /^flags:\s*(\d+)$/m.exec(fdinfo)?.[1];
  return flags !== undefined && (Number.parseInt(flags, 8) & O_CLOEXEC) !== 0;
}

function isHarmless(target: string, stats: Stats, inherited: boolean): boolean {
  if (stats.isFile() || stats.isDirectory()) return isBelow(target, INSIDE.programs) || target === "/proc/self/fd";
  if (stats.isBlockDevice()) return false;
  if (stats.isCharacterDevice()) return target === "/dev/null" || isTerminal(target);
  return !inherited;
}

/** The terminal's own end; the host's name of it means nothing in here. The controlling end is called ptmx. */
function isTerminal(target: string): boolean {
  return /^(?:\/dev\/pts)?\/\d+$/.test(target) || target === "/dev/console" || target === "/dev/tty";
}

const OUR_VARIABLES = new Set(["PATH", "TERM", "HOME", "LANG", "PWD", "OLDPWD", "SHLVL", "_"]);

export function environmentIsOurs(
  env: Readonly<Record<string, string | undefined>>,
  further: readonly string[] = [],
): Finding {
  const foreign = Object.keys(env).filter((name) => !OUR_VARIABLES.has(name) && !further.includes(name));
  return nothingOf(foreign, `only ${Object.keys(env).join(", ")}`, "also there");
}

function exists(path: string): boolean {
  try {
    return lstatSync(path) !== undefined;
  } catch {
    return false;
  }
}
