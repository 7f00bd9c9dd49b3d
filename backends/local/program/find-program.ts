// The agent's program on the operator's machine: looked up on the PATH, followed to the real file, and tried for whether a
// bottle, which sees little else of this machine, could run it.

import { accessSync, closeSync, constants, existsSync, openSync, readSync, realpathSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";

import type { HostProgram, Program } from "#contracts/backend.ts";
import { BottleError } from "#domain/bottle-error.ts";

import { HEAD_BYTES, readExecutable } from "./executable.ts";
import { demandReadable } from "./readable.ts";
import { packageOf } from "./package-of.ts";
import { type Shim, shimOfLink, shimOfScript } from "./shim.ts";
import { packagesAbove } from "./shown-folder.ts";

export interface Operator {
  readonly env: NodeJS.ProcessEnv;
  /** Folders that a bottle must never see whole: the home, the root folder. Absolute. */
  readonly closed: readonly string[];
  /** The bottle's agent is another user than we are. */
  readonly other: boolean;
}

/** Throws `unavailable` when it is not there, `invalid` when it could not run. */
export function findProgram(program: Program, operator: Operator): HostProgram {
  const { name } = program;
  const file = follow(name, onPath(program, operator.env), 0);
  const closed = operator.closed.flatMap((path) => [path, realOr(path)]);
  const shown = packagesAbove(file, closed) ?? file;
  const found = packageOf(file, shown);
  demandRunnable(program, file, { alone: shown === file, inPackage: found !== undefined });
  if (operator.other) demandReadable(name, file, shown);
  return { name, file, shown, version: found };
}

/** As a shell looks it up, but in absolute folders alone: what a repository brings is not the operator's. */
function onPath({ name, install }: Program, env: NodeJS.ProcessEnv): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._+-]*$/.test(name))
    throw new BottleError("invalid", `${JSON.stringify(name)} is no name of a program`, { where: "agent_provider" });
  const folders = (env["PATH"] ?? "").split(":").filter(isAbsolute);
  const candidates = [...new Set(folders)].map((folder) => join(folder, name)).filter(isFile);
  const runnable = candidates.find((path) => isAllowed(path, constants.X_OK));
  if (runnable !== undefined) return runnable;
  const [first] = candidates;
  if (first === undefined)
    throw new BottleError("unavailable", `${name} is not on your PATH`, {
      where: "backend local",
      hint: `install it: \`${install}\``,
    });
  throw new BottleError("invalid", "it is not executable", { where: first, hint: `\`chmod +x ${first}\`` });
}

const MOST_SHIMS = 5;

/** Through links and shims to the file that runs. */
function follow(name: string, path: string, depth: number): string {
  const real = realpathSync(path);
  const shim = shimOfLink(name, real) ?? shimOfScript(name, scriptText(real));
  if (shim === undefined) return real;
  const next = shim.kind === "leads-to" ? resolve(dirname(real), shim.path) : undefined;
  if (next === undefined || !isFile(next) || depth === MOST_SHIMS) throw cannotFollow(name, path, shim);
  return follow(name, next, depth + 1);
}

function cannotFollow(name: string, path: string, shim: Shim): BottleError {
  if (shim.kind === "leads-to")
    return new BottleError("invalid", `it leads to ${shim.path}, where no program is`, {
      where: path,
      hint: `install ${name} again`,
    });
  return new BottleError(
    "invalid",
    `it only asks ${shim.manager} which ${name} to run, and that is not in the bottle`,
    {
      where: path,
      hint: `put the folder that \`${shim.ask}\` shows first on your PATH`,
    },
  );
}

/** What runs it must be in the bottle, and so must what it is a part of. */
function demandRunnable(
  { name, install }: Program,
  file: string,
  { alone, inPackage }: { readonly alone: boolean; readonly inPackage: boolean },
): void {
  const wrong = (what: string, hint = `install it anew: \`${install}\``): BottleError =>
    new BottleError("invalid", what, { where: file, hint });
  if (!isAllowed(file, constants.R_OK)) throw wrong("you may not read it", `\`chmod +r ${file}\``);
  const executable = readExecutable(headOf(file));
  switch (executable.kind) {
    case "other":
      throw wrong(executable.what);
    case "native":
      if (executable.arch !== process.arch)
        throw wrong(`it is a program for ${executable.arch}, and this machine is ${process.arch}`);
      if (executable.interpreter !== undefined && !isSystems(executable.interpreter))
        throw wrong(`it needs ${executable.interpreter}, which is not in the bottle`);
      return;
    case "script": {
      const { interpreter, by } = executable;
      const has = by === "path" ? isSystems(interpreter) : isInside(interpreter);
      if (!has) throw wrong(`it is run by ${interpreter}, which is not in the bottle`);
      const runs = runsElsewhere(scriptText(file));
      if (runs !== undefined) throw wrong(`it runs ${runs}, which is not in the bottle`, hintToMove(name));
      if (alone && inPackage) throw wrong("it is a part of a package that is linked here, not installed");
    }
  }
}

function hintToMove(name: string): string {
  return `put a folder first on your PATH where \`${name}\` is a link to it`;
}

/** A wrapper of the shell's that hands over to a file of this machine that a bottle does not see. */
function runsElsewhere(text: string): string | undefined {
  const target = /^\s*(?:[A-Z_]+=\S*\s+)*exec\s+(?:env\s+)?(?:[A-Z_]+=\S*\s+)*["']?(\/[^\s"'$]+)/m.exec(text)?.[1];
  return target === undefined || isSystems(target) ? undefined : target;
}

/** Seen inside as it stands on this machine. */
function isSystems(path: string): boolean {
  return /^\/(usr|bin|sbin|lib\d*|libx32)\//.test(path) && existsSync(path);
}

function isInside(name: string): boolean {
  if (name === "node") return true; // ours, in INSIDE.programs
  return ["/usr/local/bin", "/usr/bin", "/bin"].some((folder) => existsSync(join(folder, name)));
}

/** Of a script of the shell's, small as all that stand in for a program are; else empty. */
function scriptText(file: string): string {
  if (!isAllowed(file, constants.R_OK) || statSync(file).size > HEAD_BYTES * 4) return "";
  const text = headOf(file, HEAD_BYTES * 4).toString("utf8");
  return /^#!\s*\S*(?:\/env\s+)?\S*\b(?:ba|da|z|k)?sh\b/.test(text) ? text : "";
}

function headOf(file: string, bytes = HEAD_BYTES): Buffer {
  const head = Buffer.alloc(bytes);
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return head.subarray(0, readSync(descriptor, head, 0, bytes, 0));
  } finally {
    closeSync(descriptor);
  }
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false; // a link to nothing, or a folder that is closed to us
  }
}

function isAllowed(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

function realOr(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
