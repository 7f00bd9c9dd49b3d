import { execFileSync } from "node:child_process";
import { chmod, link, mkdir, mkdtemp, realpath, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { BottleError } from "#domain/bottle-error.ts";
import type { Origin } from "#domain/definition/definitions.ts";
import { MOST_FILES, MOST_SKILL_BYTES } from "#core/skills/limits.ts";
import { type LoadedSkills, loadSkills } from "#core/skills/load-skills.ts";

let all = "";
let root = "";
let cwd = "";
let home = "";
const servers: Server[] = [];

beforeEach(async () => {
  all = await realpath(await mkdtemp(join(tmpdir(), "skills-")));
  [root, cwd, home] = [join(all, "root"), join(all, "repo"), join(all, "home")];
  await Promise.all([mkdir(root), mkdir(cwd), mkdir(home)]);
});
afterEach(async () => {
  for (const server of servers.splice(0)) server.close();
  await rm(all, { recursive: true, force: true });
});

const PLACES = {
  repository: () => join(cwd, ".bot-bottle", "skills"),
  root: () => join(root, "skills"),
  home: () => join(home, ".claude", "skills"),
};

async function write(path: string, text = "", mode = 0o644): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  await chmod(path, mode);
  return path;
}

/** A skill with its SKILL.md; returns its folder. */
async function skill(place: keyof typeof PLACES, name: string, text: string = place): Promise<string> {
  const folder = join(PLACES[place](), name);
  await write(join(folder, "SKILL.md"), text);
  return folder;
}

const load = (from: Origin, ...skills: string[]): Promise<LoadedSkills> =>
  loadSkills({ skills, from, path: "agents/dev.md" }, { root, cwd, home });

/** The only skill's files as text. */
async function filesOf(from: Origin, name: string): Promise<Record<string, string>> {
  const { skills } = await load(from, name);
  return Object.fromEntries(
    (skills[0]?.files ?? []).map(({ path, content }) => [path, Buffer.from(content).toString()]),
  );
}

async function refusal(from: Origin, ...skills: string[]): Promise<BottleError> {
  const error: unknown = await load(from, ...skills).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof BottleError) return error;
  throw new Error(`no refusal: ${String(error)}`, { cause: error });
}

describe("the places of skills", () => {
  it("are for the root's agents the root, then the operator's own of Claude", async () => {
    await skill("home", "review");
    await skill("home", "shared");
    await skill("root", "shared");
    await skill("repository", "review");
    expect(await filesOf("root", "review")).toEqual({ "SKILL.md": "home" });
    expect(await filesOf("root", "shared")).toEqual({ "SKILL.md": "root" });
    expect((await load("root", "review", "shared", "review")).skills.map(({ name, from }) => [name, from])).toEqual([
      ["review", "~/.claude/skills"],
      ["shared", "your root"],
    ]);
  });

  it("are for a repository's agents the repository, then the root, and never the operator's home", async () => {
    await skill("repository", "review");
    await skill("root", "review");
    await skill("root", "shared");
    await skill("home", "private");
    expect(await filesOf("repository", "review")).toEqual({ "SKILL.md": "repository" });
    expect(await filesOf("repository", "shared")).toEqual({ "SKILL.md": "root" });
    expect((await refusal("repository", "private")).code).toBe("not-found");
  });

  it("tell what there is when a skill is missing, and the nearest", async () => {
    await skill("root", "review");
    await skill("home", "deploy");
    await mkdir(join(PLACES.home(), "empty"));
    const error = await refusal("root", "reviw");
    expect(error).toMatchObject({ code: "not-found", where: "agents/dev.md: skills" });
    expect(error.hint).toBe("did you mean `review`? There are: deploy, review");
    expect((await refusal("root", "something-else")).hint).toBe("there are: deploy, review");
    await rm(PLACES.root(), { recursive: true });
    await rm(PLACES.home(), { recursive: true });
    expect((await refusal("root", "review")).hint).toContain(`make the folder ${join(PLACES.root(), "review")}`);
  });

  it("take the operator's own links as folders", async () => {
    await write(join(all, "dotfiles", "review", "SKILL.md"), "linked");
    await mkdir(PLACES.home(), { recursive: true });
    await symlink(join(all, "dotfiles", "review"), join(PLACES.home(), "review"));
    expect(await filesOf("root", "review")).toEqual({ "SKILL.md": "linked" });
  });

  it("are reached without a link in a repository, at every step", async () => {
    await write(join(all, "outside", "skills", "review", "SKILL.md"), "secret");
    await skill("root", "review");
    for (const [from, to] of [
      [".bot-bottle/skills/review", join(all, "outside", "skills", "review")],
      [".bot-bottle/skills", join(all, "outside", "skills")],
      [".bot-bottle", join(all, "outside")],
      [".bot-bottle/skills/review", "../../../outside/skills/review"],
    ] as const) {
      await rm(join(cwd, ".bot-bottle"), { recursive: true, force: true });
      await mkdir(dirname(join(cwd, from)), { recursive: true });
      await symlink(to, join(cwd, from));
      expect(await refusal("repository", "review")).toMatchObject({
        code: "invalid",
        hint: expect.stringContaining("of its own"),
      });
    }
  });
});

describe("a skill's folder", () => {
  it("is read whole, with its rights to be run, without its history", async () => {
    const folder = await skill("repository", "review", "---\nname: review\n---\n");
    await write(join(folder, "scripts", "run.sh"), "#!/bin/sh\n", 0o755);
    await write(join(folder, "a.bin"), "\u0000\u0001");
    await write(join(folder, ".git", "config"), "url = https://token@example.com\n");
    await write(join(folder, "sub", ".git"), "gitdir: elsewhere\n");
    await symlink("scripts/run.sh", join(folder, "run"));
    const { skills, warnings } = await load("repository", "review");
    expect(skills[0]?.files.map(({ path, isExecutable }) => [path, isExecutable])).toEqual([
      ["SKILL.md", false],
      ["a.bin", false],
      ["run", true],
      ["scripts/run.sh", true],
    ]);
    expect(warnings).toEqual([]);
  });

  it("needs a SKILL.md, and hides what the next place has", async () => {
    await write(join(PLACES.repository(), "review", "README.md"), "x");
    await skill("root", "review");
    expect(await refusal("repository", "review")).toMatchObject({
      code: "invalid",
      where: join(PLACES.repository(), "review"),
    });
    expect((await refusal("repository", "review")).message).toContain("has no SKILL.md");
  });

  it("is refused with what leads out of it, and never says what stands there", async () => {
    const secret = await write(join(all, "outside", "secret"), "hunter2-of-the-operator");
    await write(join(cwd, "src", "main.c"), "int main;");
    const hostile: [string, (folder: string) => Promise<unknown>, RegExp][] = [
      ["an absolute link", (folder) => symlink(secret, join(folder, "x")), /leads out/],
      ["a relative link", (folder) => symlink("../../../../outside/secret", join(folder, "x")), /leads out/],
      [
        "a link to the rest of the repository",
        (folder) => symlink("../../../src/main.c", join(folder, "x")),
        /leads out/,
      ],
      ["a link to a folder outside", (folder) => symlink(join(all, "outside"), join(folder, "x")), /no file/],
      ["a link to a folder inside", (folder) => symlink(".", join(folder, "x")), /no file/],
      ["a link into another skill of the same beginning", twin, /leads out/],
      ["a link over a link", chain(secret), /leads out/],
      ["SKILL.md itself", skillFile(secret), /leads out/],
      ["a device", (folder) => symlink("/dev/zero", join(folder, "x")), /no file/],
      ["what a process shows of itself", (folder) => symlink("/proc/self/environ", join(folder, "x")), /leads out/],
      ["a link to nothing", (folder) => symlink("gone", join(folder, "x")), /leads nowhere/],
      ["a link to itself", (folder) => symlink("x", join(folder, "x")), /leads to itself/],
      ["a pipe", async (folder) => execFileSync("mkfifo", [join(folder, "x")]), /pipes/],
      ["a socket", listen, /pipes/],
      ["a name with a line break", (folder) => writeFile(join(folder, "a\nb"), ""), /control characters/],
      ["a name that clears the screen", (folder) => writeFile(join(folder, "\u001b[2J"), ""), /control characters/],
      ["a name that is no text", (folder) => writeFile(Buffer.from(`${folder}/\xff`, "latin1"), ""), /broken text/],
      ["a name with a backslash", (folder) => writeFile(join(folder, "..\\x"), ""), /backslashes/],
    ];
    for (const [index, [what, plant, why]] of hostile.entries()) {
      const folder = await skill("repository", `bad${index}`);
      await plant(folder);
      const { code, message } = await refusal("repository", `bad${index}`);
      const said = { what, code, why: why.test(message) ? "right" : message, tells: message.includes("hunter2") };
      expect(said).toEqual({ what, code: "invalid", why: "right", tells: false });
    }
  });

  async function twin(folder: string): Promise<void> {
    await write(`${folder}-twin/SKILL.md`, "other");
    await symlink(`../${folder.split("/").at(-1)}-twin/SKILL.md`, join(folder, "x"));
  }
  const chain = (secret: string) => async (folder: string) => {
    await symlink(secret, join(folder, "b"));
    await symlink("b", join(folder, "a"));
  };
  const skillFile = (secret: string) => async (folder: string) => {
    await rm(join(folder, "SKILL.md"));
    await symlink(secret, join(folder, "SKILL.md"));
  };
  async function listen(folder: string): Promise<void> {
    const server = createServer();
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(join(folder, "x"), resolve));
  }

  it("is told of where a hard link is: nobody can say whose file it is", async () => {
    const folder = await skill("repository", "review");
    await link(await write(join(all, "elsewhere"), "x"), join(folder, "notes"));
    expect((await load("repository", "review")).warnings).toEqual([expect.stringContaining("notes is a hard link")]);
  });

  it("is refused beyond its bounds, without being read whole", async () => {
    const large = await skill("root", "large");
    await truncate(await write(join(large, "hole")), 40 * 2 ** 30);
    expect((await refusal("root", "large")).message).toContain("larger than 2MiB");

    const many = await skill("root", "many");
    for (let index = 0; index < MOST_FILES; index++) await writeFile(join(many, `f${index}`), "");
    expect((await refusal("root", "many")).message).toContain(`more than ${MOST_FILES} files`);

    const deep = await skill("root", "deep");
    await write(join(deep, ...Array.from({ length: 20 }, () => "d"), "file"));
    expect((await refusal("root", "deep")).message).toContain("deeper than");

    const long = await skill("root", "long");
    await write(join(long, "a".repeat(200), "b".repeat(200), "c".repeat(200)));
    expect((await refusal("root", "long")).message).toContain("longer than 512 bytes");

    for (const name of ["b1", "b2", "b3", "b4", "b5"])
      await truncate(await write(join(await skill("root", name), "data")), MOST_SKILL_BYTES - 100);
    expect((await load("root", "b1", "b2", "b3", "b4")).skills).toHaveLength(4);
    expect((await refusal("root", "b1", "b2", "b3", "b4", "b5")).message).toContain("larger than 8MiB together");
  });
});

describe("names", () => {
  it("that are no names of a skill are refused before anything is looked at", async () => {
    await write(join(root, "secret", "SKILL.md"), "x");
    for (const name of [
      "..",
      ".",
      "../secret",
      "a/b",
      "/etc",
      ".hidden",
      "-x",
      "A",
      "a b",
      "a\u0000",
      "",
      "é",
      "a\n",
      "x".repeat(65),
    ]) {
      const { code, message, hint } = await refusal("root", name);
      expect(`${code} ${message} ${hint}`).toMatch(/^invalid .*is no name of a skill.*a-z/);
    }
    await skill("root", "a..b_c-1.0");
    expect((await load("root", "a..b_c-1.0")).skills).toHaveLength(1);
  });

  it("are at most fifty", async () => {
    expect(await refusal("root", ...Array.from({ length: 51 }, (_, index) => `s${index}`))).toMatchObject({
      message: expect.stringContaining("more than 50"),
    });
  });
});
