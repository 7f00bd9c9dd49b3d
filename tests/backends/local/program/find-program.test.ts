// Where package managers put programs, and what keeps one of them from running in a bottle.

import { chmodSync, realpathSync } from "node:fs";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { findProgram } from "#backends/local/program/find-program.ts";
import type { HostProgram } from "#contracts/backend.ts";
import { addBinary, addPackages, operatorHome, type OperatorHome } from "#tests/helpers/operator-programs.ts";

const TRUE = realpathSync("/bin/true");
let operator: OperatorHome;
beforeEach(() => void (operator = operatorHome()));
afterEach(() => operator.end());

function find(name: string, { path = operator.bin, other = false } = {}): HostProgram {
  const closed = [operator.home, `${operator.home}/.bot-bottle`];
  return findProgram({ name, install: "get it" }, { env: { PATH: path }, closed, other });
}
/** Relative to the operator's home. */
function shownOf(name: string): string {
  return find(name).shown.slice(operator.home.length + 1);
}
const SCRIPT = "#!/usr/bin/env node\n";

describe("a program is shown with", () => {
  test("the packages that npm has put it among, below nvm", () => {
    addPackages(operator);
    expect(shownOf("tool")).toBe(".nvm/versions/node/v24.0.0/lib/node_modules");
  });

  test("nothing, where it is one file", () => {
    addBinary(operator);
    expect(find("single")).toMatchObject({ shown: find("single").file, version: undefined });
  });

  test("the outermost packages, where packages have their own", () => {
    operator.write("project/node_modules/outer/node_modules/inner/cli.js", SCRIPT, 0o755);
    operator.link("bin/inner", "../project/node_modules/outer/node_modules/inner/cli.js");
    expect(shownOf("inner")).toBe("project/node_modules");
  });

  test("packages in the home itself, which shows packages alone", () => {
    operator.write("node_modules/tool/cli.js", SCRIPT, 0o755);
    operator.link("bin/tool", "../node_modules/tool/cli.js");
    expect(shownOf("tool")).toBe("node_modules");
  });

  test("the file alone, where the home itself lies below a folder that is called like one of packages", () => {
    operator.copy("inside/node_modules/me/.local/bin/tool", TRUE);
    const home = `${operator.home}/inside/node_modules/me`;
    const program = findProgram(
      { name: "tool", install: "" },
      { env: { PATH: `${home}/.local/bin` }, closed: [home], other: false },
    );
    expect(program.shown).toBe(`${home}/.local/bin/tool`);
  });

  test("pnpm's store, from which packages are linked, through the script that pnpm writes", () => {
    const store = ".local/share/pnpm/global/5/.pnpm";
    operator.write(`${store}/@made+tool@1.0.0/node_modules/@made/tool/cli.js`, SCRIPT, 0o755);
    operator.link(
      ".local/share/pnpm/global/5/node_modules/@made/tool",
      "../../.pnpm/@made+tool@1.0.0/node_modules/@made/tool",
    );
    operator.write(
      "bin/tool",
      `#!/bin/sh
basedir=$(dirname "$(echo "$0" | sed -e 's,\\\\,/,g')")
if [ -x "$basedir/node" ]; then
  exec "$basedir/node"  "$basedir/../.local/share/pnpm/global/5/node_modules/@made/tool/cli.js" "$@"
else
  exec node  "$basedir/../.local/share/pnpm/global/5/node_modules/@made/tool/cli.js" "$@"
fi
`,
      0o755,
    );
    expect(shownOf("tool")).toBe(store);
    expect(find("tool").file).toBe(`${operator.home}/${store}/@made+tool@1.0.0/node_modules/@made/tool/cli.js`);
  });

  test("what Homebrew and yarn link to", () => {
    operator.write("brew/Cellar/tool/1.0/libexec/lib/node_modules/tool/cli.js", SCRIPT, 0o755);
    operator.link("brew/Cellar/tool/1.0/libexec/bin/tool", "../lib/node_modules/tool/cli.js");
    operator.link("brew/Cellar/tool/1.0/bin/tool", "../libexec/bin/tool");
    operator.link("bin/tool", "../brew/Cellar/tool/1.0/bin/tool");
    operator.write(".config/yarn/global/node_modules/other/cli.js", SCRIPT, 0o755);
    operator.link(".config/yarn/global/node_modules/.bin/other", "../other/cli.js");
    operator.link("bin/other", "../.config/yarn/global/node_modules/.bin/other");
    expect([shownOf("tool"), shownOf("other")]).toEqual([
      "brew/Cellar/tool/1.0/libexec/lib/node_modules",
      ".config/yarn/global/node_modules",
    ]);
  });
});

describe("a stand-in of a version manager is not taken for the program", () => {
  test.each([
    ["asdf", '#!/usr/bin/env bash\n# asdf-plugin: nodejs 22.1.0\nexec asdf exec "tool" "$@"\n', "asdf which tool"],
    ["asdf by its path", '#!/usr/bin/env bash\nexec "/home/me/.asdf/bin/asdf" exec "tool" "$@"\n', "asdf which tool"],
    [
      "nodenv",
      '#!/usr/bin/env bash\nset -e\nexec "/home/me/.nodenv/bin/nodenv" exec "$program" "$@"\n',
      "nodenv which tool",
    ],
  ])("%s", (_, text, ask) => {
    operator.write("bin/tool", text, 0o755);
    expect(() => find("tool")).toThrow(new RegExp(`put the folder that \`${ask}\` shows first on your PATH`));
  });

  test.each([
    ["volta-shim", "volta which tool"],
    ["mise", "mise which tool"],
  ])("%s, which looks at its name", (shim, ask) => {
    operator.copy(`managers/${shim}`, TRUE);
    operator.link("bin/tool", `../managers/${shim}`);
    expect(() => find("tool")).toThrow(ask);
  });

  test("nor is a script that runs something that a bottle does not see", () => {
    operator.write("bin/tool", '#!/bin/bash\nHOME_OF=1 exec "/home/linuxbrew/libexec/tool" "$@"\n', 0o755);
    expect(() => find("tool")).toThrow(/it runs \/home\/linuxbrew\/libexec\/tool, which is not in the bottle/);
  });

  test("nor one that leads to nothing, or around in a circle", () => {
    operator.write("bin/tool", '#!/bin/sh\nexec node "$basedir/gone.js" "$@"\n', 0o755);
    operator.write("bin/round", '#!/bin/sh\nexec sh "$basedir/round" "$@"\n', 0o755);
    expect(() => find("tool")).toThrow(/it leads to gone\.js, where no program is; install tool again/);
    expect(() => find("round")).toThrow(/it leads to round/);
  });
});

describe("what could not run is refused with the reason", () => {
  test.each<[string, string | Buffer, RegExp]>([
    [
      "a program for another processor",
      elf(process.arch === "x64" ? 183 : 62),
      /it is a program for (arm64|x64), and this machine is/,
    ],
    ["a program for macOS", Buffer.from("cffaedfe0c000001", "hex"), /it is a program for macOS/],
    ["an empty file", "", /it is empty/],
    ["text without a #! line", "echo hello\n", /neither a program nor a script/],
    [
      "a script of an interpreter that is not there",
      "#!/home/me/.bun/bin/bun\n",
      /it is run by \/home\/me\/\.bun\/bin\/bun, which is not in the bottle/,
    ],
    ["a script that env does not find", "#!/usr/bin/env -S no-such-bun --smol\n", /it is run by no-such-bun/],
  ])("%s", (_, content, message) => {
    operator.write("bin/tool", content, 0o755);
    expect(() => find("tool")).toThrow(message);
  });

  test("a file that is not executable, but only when no other on the PATH is", () => {
    operator.write("bin/tool", SCRIPT, 0o644);
    expect(() => find("tool")).toThrow(/it is not executable; `chmod \+x .*bin\/tool`/);
    operator.write("elsewhere/tool", SCRIPT, 0o755);
    expect(find("tool", { path: `${operator.bin}:${operator.home}/elsewhere` }).file).toBe(
      `${operator.home}/elsewhere/tool`,
    );
  });

  test("a package that is only linked here", () => {
    operator.write("dev/tool/package.json", '{"name":"tool","version":"0.0.1"}');
    operator.write("dev/tool/cli.js", SCRIPT, 0o755);
    operator.link("bin/tool", "../dev/tool/cli.js");
    expect(() => find("tool")).toThrow(
      /a part of a package that is linked here, not installed; install it anew: `get it`/,
    );
  });

  test("what only its owner may read, where the bottle's agent is another user", () => {
    addPackages(operator);
    const closed = `${operator.home}/.nvm/versions/node/v24.0.0/lib/node_modules/@made`;
    chmodSync(closed, 0o700);
    expect(find("tool").name).toBe("tool");
    expect(() => find("tool", { other: true })).toThrow(/@made: only its owner may use it[^]*chmod -R go\+rX/);
  });

  test("folders of the PATH that are not absolute, and names that are paths", () => {
    addBinary(operator);
    expect(() => find("single", { path: "bin:." })).toThrow(/single is not on your PATH/);
    expect(() => find("../bin/single")).toThrow(/no name of a program/);
  });
});

/** The head of a program for machine `of`, and nothing after it. */
function elf(of: number): Buffer {
  const head = Buffer.alloc(64);
  head.write("\x7fELF\x02\x01\x01", "latin1");
  head.writeUInt16LE(of, 18);
  return head;
}
