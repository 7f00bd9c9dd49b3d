import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { type Read, readWithin } from "#core/skills/read-file.ts";

const ENOUGH = 1000;
const MOST_TRIES = 20_000;

let all = "";
let folder = "";
let exchanging: ChildProcess | undefined;

beforeEach(() => {
  all = realpathSync(mkdtempSync(join(tmpdir(), "read-within-")));
  folder = join(all, "skill");
  mkdirSync(join(folder, "sub"), { recursive: true });
  mkdirSync(join(all, "outside"));
  writeFileSync(join(folder, "sub", "file"), "inside");
  writeFileSync(join(all, "outside", "file"), "secret");
});
afterEach(async () => {
  if (exchanging?.exitCode === null && exchanging.signalCode === null) {
    exchanging.kill("SIGKILL");
    await once(exchanging, "exit");
  }
  rmSync(all, { recursive: true, force: true });
});

/** Another process that makes `path` a link to `to` and what it was again, as fast as it can. */
async function exchange(path: string, to: string): Promise<void> {
  const program = `
    const { renameSync, symlinkSync } = require("node:fs");
    const [path, to, link, aside] = process.argv.slice(1);
    process.send("begun");
    for (;;) {
      symlinkSync(to, link);
      renameSync(path, aside);
      renameSync(link, path);
      renameSync(path, link);
      renameSync(aside, path);
      require("node:fs").unlinkSync(link);
    }`;
  exchanging = spawn(process.execPath, ["-e", program, path, to, join(all, "link"), join(all, "aside")], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  await once(exchanging, "message");
}

/** Until it was read and refused often enough for something to have gone wrong. */
async function readOften(path: string): Promise<{ texts: Set<string>; problems: Set<string> }> {
  const texts = new Set<string>();
  const problems = new Set<string>();
  let [read, refused] = [0, 0];
  for (let tries = 0; tries < MOST_TRIES && (read < ENOUGH || refused < ENOUGH); tries++) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const found: Read = await readWithin(folder, path, 100);
    if ("problem" in found) {
      refused += 1;
      problems.add(found.problem);
    } else {
      read += 1;
      texts.add(Buffer.from(found.content).toString());
    }
  }
  return { texts, problems };
}

describe("while another process exchanges", { timeout: 60_000 }, () => {
  it("the folder on the way for a link, what is read is the skill's own", async () => {
    await exchange(join(folder, "sub"), join(all, "outside"));
    const { texts, problems } = await readOften(join(folder, "sub", "file"));
    expect([...texts]).toEqual(["inside"]);
    expect(problems).toContain("leads out");
  });

  it("the file for a link, what is read is the skill's own", async () => {
    await exchange(join(folder, "sub", "file"), join(all, "outside", "file"));
    const { texts, problems } = await readOften(join(folder, "sub", "file"));
    expect([...texts]).toEqual(["inside"]);
    expect(problems).toContain("leads out");
  });
});

describe("one file", () => {
  it("is read up to a bound, and not beyond", async () => {
    expect(await readWithin(folder, join(folder, "sub", "file"), 6)).toMatchObject({ isExecutable: false });
    expect(await readWithin(folder, join(folder, "sub", "file"), 5)).toEqual({ problem: "too large" });
  });

  it("may be a link within the folder, and not to a folder whose name only begins the same", async () => {
    symlinkSync("sub/file", join(folder, "link"));
    expect(await readWithin(folder, join(folder, "link"), 100)).toMatchObject({ content: Buffer.from("inside") });
    mkdirSync(`${folder}-twin`);
    writeFileSync(join(`${folder}-twin`, "file"), "other");
    symlinkSync("../skill-twin/file", join(folder, "twin"));
    expect(await readWithin(folder, join(folder, "twin"), 100)).toEqual({
      problem: "leads out",
    });
  });
});
