// An operator's home as package managers leave it: closed to everybody else, with programs that a bottle may get and things
// that it must not see.

import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execFileSync } from "node:child_process";

export interface OperatorHome {
  readonly home: string;
  /** Its `bin`, for a PATH. */
  readonly bin: string;
  write(path: string, content: string | Uint8Array, mode?: number): string;
  link(path: string, target: string): string;
  copy(path: string, from: string, mode?: number): string;
  end(): void;
}

/** 0700, and so is what lies above its packages. */
export function operatorHome({ owner }: { readonly owner?: number } = {}): OperatorHome {
  const home = mkdtempSync(join(tmpdir(), "operator-"));
  const place = (path: string): string => {
    const whole = join(home, path);
    mkdirSync(dirname(whole), { recursive: true, mode: 0o755 });
    return whole;
  };
  const made: OperatorHome = {
    home,
    bin: join(home, "bin"),
    write(path, content, mode = 0o644) {
      const whole = place(path);
      writeFileSync(whole, content);
      chmodSync(whole, mode);
      return whole;
    },
    link(path, target) {
      const whole = place(path);
      symlinkSync(target, whole);
      return whole;
    },
    copy(path, from, mode = 0o755) {
      const whole = place(path);
      copyFileSync(from, whole);
      chmodSync(whole, mode);
      return whole;
    },
    end: () => rmSync(home, { recursive: true, force: true }),
  };
  mkdirSync(made.bin);
  made.write("notes.txt", "the operator's own notes");
  chmodSync(home, 0o700);
  if (owner !== undefined) chownSync(home, owner, owner);
  return made;
}

/** A program of two packages, as `npm install --global` below nvm leaves it: a link in `bin`, and parts beside one another. */
export function addPackages({ write, link }: OperatorHome): void {
  const folder = ".nvm/versions/node/v24.0.0/lib/node_modules";
  write(`${folder}/@made/tool/package.json`, '{"name":"@made/tool","version":"1.2.3","type":"module"}');
  write(
    `${folder}/@made/tool/bin/tool.js`,
    '#!/usr/bin/env node\nimport { word } from "part";\nconsole.log(word, process.argv.slice(2).join(" "));\n',
    0o755,
  );
  write(`${folder}/part/package.json`, '{"name":"part","version":"1.0.0","type":"module","exports":"./index.js"}');
  write(`${folder}/part/index.js`, 'export const word = "made of two parts:";\n');
  link(".nvm/versions/node/v24.0.0/bin/tool", "../lib/node_modules/@made/tool/bin/tool.js");
  link("bin/tool", "../.nvm/versions/node/v24.0.0/bin/tool");
}

/** One binary, named by its version, as self-contained agents install themselves. */
export function addBinary({ copy, link, write }: OperatorHome): void {
  copy(
    ".local/share/single/versions/9.9.9",
    execFileSync("/bin/sh", ["-c", "command -v expr"], { encoding: "utf8" }).trim(),
  );
  write(".local/share/single/credentials", "beside it");
  link("bin/single", "../.local/share/single/versions/9.9.9");
}

/** Gives all of it to another user. */
export function giveAway({ home }: OperatorHome, owner: number): void {
  execFileSync("chown", ["-R", "-h", `${owner}:${owner}`, home]);
}
