import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { prepare } from "#core/launch/prepare.ts";
import { fakeBackend } from "#tests/helpers/fake-backend.ts";
import { NOW } from "#tests/helpers/store.ts";

let root: string;
let repository: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "launch-skills-"));
  repository = await mkdtemp(join(tmpdir(), "launch-skills-repo-"));
  await write(
    root,
    "bottles/dev.md",
    "---\nagent_provider: {template: command, command: [bash]}\nbackend: local\n---\n",
  );
  await write(root, "agents/dev.md", "---\nbottle: dev\nskills: [review]\n---\nWork.\n");
  await write(root, "skills/review/SKILL.md", "Review.\n");
  await write(root, "skills/review/run.sh", "#!/bin/sh\n", 0o755);
});
afterEach(async () => {
  await Promise.all([root, repository].map((folder) => rm(folder, { recursive: true, force: true })));
});

async function write(folder: string, path: string, text: string, mode = 0o644): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), text);
  await chmod(join(folder, path), mode);
}

async function prepared(agent = "dev") {
  const backends = [fakeBackend(root, { name: "local" })];
  return await prepare({ agent }, { root, cwd: repository, env: {}, backends, now: () => NOW });
}

describe("a launch", () => {
  test("shows each skill, where it is from and how large, and brings its files", async () => {
    const { preflight, plan } = await prepared();
    expect(preflight.lines).toContainEqual({ label: "skill", text: "review (2 files, 18B, from your root)" });
    expect(preflight.lines.map(({ label }) => label)).not.toContain("not yet");
    expect(plan.spec.env).toMatchObject({ BOTTLE_SKILLS: "/home/node/.bottle-skills" });
    expect(plan.spec.files.filter(({ path }) => path.includes("skills"))).toMatchObject([
      { path: "/home/node/.bottle-skills/review/SKILL.md", encoding: "base64", mode: 0o644 },
      { path: "/home/node/.bottle-skills/review/run.sh", encoding: "base64", mode: 0o755 },
    ]);
  });

  test("of a repository's agent takes the repository's skill, which is said", async () => {
    await write(repository, ".bot-bottle/agents/theirs.md", "---\nbottle: dev\nskills: [review]\n---\nWork.\n");
    await write(repository, ".bot-bottle/skills/review/SKILL.md", "Theirs.\n");
    const { preflight } = await prepared("theirs");
    expect(preflight.lines).toContainEqual({ label: "skill", text: "review (1 file, 8B, from the repository)" });
  });

  test("is refused without the skill, and nothing is created", async () => {
    await rm(join(root, "skills"), { recursive: true });
    await expect(prepared()).rejects.toMatchObject({ code: "not-found", message: expect.stringContaining("`review`") });
  });

  test("has another digest when a skill's text, name, rights or file changes, and only then", async () => {
    const digest = async (): Promise<string> => (await prepared()).metadata.definition_digest;
    const digests = [await digest()];
    expect(await digest()).toBe(digests[0]);
    for (const change of [
      () => write(root, "skills/review/SKILL.md", "Review!\n"),
      () => chmod(join(root, "skills/review/SKILL.md"), 0o755),
      () => write(root, "skills/review/more.md", ""),
      () => write(root, "agents/dev.md", "---\nbottle: dev\n---\nWork.\n"),
    ]) {
      // oxlint-disable-next-line no-await-in-loop -- one change upon the other
      await change();
      // oxlint-disable-next-line no-await-in-loop -- see above
      digests.push(await digest());
    }
    expect(new Set(digests).size).toBe(5);
  });
});
