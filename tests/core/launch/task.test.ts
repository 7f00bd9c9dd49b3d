import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { ProviderPlan } from "#contracts/provider.ts";
import { launch } from "#core/launch/launch.ts";
import { prepare } from "#core/launch/prepare.ts";
import { checkTask, MOST_TASK_BYTES, withTask } from "#core/launch/task.ts";
import { TaskConfig } from "#domain/provider/task-config.ts";
import { bottlePaths } from "#lib/paths.ts";
import { type FakeBackend, fakeBackend } from "#tests/helpers/fake-backend.ts";
import { NOW } from "#tests/helpers/store.ts";

describe("the text of a task", () => {
  it("is taken as it is, with Unix line ends and without blanks around it", () => {
    expect(checkTask("  read\r\n\tthe notes — 読む\n")).toBe("read\n\tthe notes — 読む");
    expect(checkTask(undefined)).toBeUndefined();
  });

  it.each([
    ["", /it is empty/],
    [" \n ", /it is empty/],
    ["a\u0000b", /U\+0000/],
    ["\u001b[31mred", /U\+001B/],
    ["a\rb", /U\+000D/],
    ["\u009b1m", /U\+009B/],
    ["é".repeat(MOST_TASK_BYTES / 2 + 1), /98306 bytes, and at most 98304/],
  ])("is refused: %j", (text, why) => {
    expect(() => checkTask(text)).toThrow(why);
    expect(() => checkTask(text)).toThrow(expect.objectContaining({ code: "invalid" }));
  });

  it("is refused without being repeated", () => {
    expect(() => checkTask("my secret\u0007")).not.toThrow(/my secret/);
  });

  it("never lets a control character through", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        try {
          // oxlint-disable-next-line no-control-regex -- controls are exactly what must not be there
          expect(checkTask(text)).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
        } catch (error) {
          if (!(error instanceof Error && "code" in error && error.code === "invalid")) throw error;
        }
      }),
    );
  });
});

const PLAN: ProviderPlan = {
  program: undefined,
  argv: ["agent", "--print", "do it"],
  taskOutput: { format: "text" },
  env: {},
  hidden: [],
  files: [{ path: "/home/node/x", content: "x", mode: 0o600 }],
  routes: [],
  credentials: [],
  screenRules: undefined,
  reportsState: false,
  warnings: [],
};
const OF = { name: "some", where: "bottle dev" };

describe("an agent with a task", () => {
  const supervise = { state: "http://127.0.0.1:9100/state", result: "http://127.0.0.1:9100/result" };

  it("runs within our program, which is told how to read it", () => {
    const { argv, files } = withTask(PLAN, "do it", supervise, OF);
    expect(argv).toEqual(["/opt/bottle-dash/node", "/opt/bottle-dash/dist/sidecars/task.js", "--", ...PLAN.argv]);
    expect(files).toMatchObject([
      { path: "/home/node/x" },
      { path: "/home/node/.config/bottle/task.json", mode: 0o644 },
    ]);
    expect(TaskConfig.parse(JSON.parse(files.at(-1)?.content ?? ""))).toEqual({
      version: 1,
      output: { format: "text" },
      supervise,
    });
  });

  it("has nobody to answer to without supervise", () => {
    const { files } = withTask(PLAN, "do it", undefined, OF);
    expect(JSON.parse(files.at(-1)?.content ?? "")).toMatchObject({ supervise: null });
  });

  it("is refused where its provider cannot be given one, and runs as it is without one", () => {
    const plain = { ...PLAN, taskOutput: undefined };
    expect(withTask(plain, undefined, supervise, OF)).toEqual({ argv: PLAN.argv, files: PLAN.files });
    expect(() => withTask(plain, "do it", supervise, OF)).toThrow("the provider `some` cannot be given a task");
  });
});

describe("a launch with a task", () => {
  let root = "";
  let backend: FakeBackend;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "task-test-"));
    backend = fakeBackend(root, { name: "local" });
    for (const folder of ["bottles", "agents"]) await mkdir(join(root, folder));
    await writeFile(join(root, "bottles/dev.md"), "---\nagent_provider: {template: command, command: [work]}\n---\n");
    await writeFile(join(root, "agents/dev.md"), "---\nbottle: dev\n---\n");
  });
  afterEach(() => rm(root, { recursive: true, force: true }));
  const plan = (prompt?: string) =>
    prepare(
      { agent: "dev", ...(prompt === undefined ? {} : { prompt }) },
      { root, cwd: root, env: { HOME: root }, backends: [backend], now: () => NOW },
    );

  it("shows the task and the agent's own command before anything is made", async () => {
    const { preflight } = await plan("mend\nthe build");
    expect(preflight.lines).toContainEqual({ label: "runs", text: "work" });
    expect(preflight.lines).toContainEqual({ label: "task", text: "mend the build" });
    expect(backend.planned[0]?.argv.slice(-2)).toEqual(["--", "work"]);
    expect((await plan()).preflight.lines.map(({ label }) => label)).not.toContain("task");
  });

  it("forgets the answer of an earlier start, and gives the task to none that follows", async () => {
    const prepared = await plan("mend it");
    const { slug } = prepared.preflight;
    const paths = bottlePaths(root, slug);
    await mkdir(paths.agent.dir, { recursive: true });
    await writeFile(paths.agent.result, "{}");
    await launch(root, prepared, () => {}, new AbortController().signal, NOW);
    await expect(readFile(paths.agent.result)).rejects.toThrow("ENOENT");
    expect(await readFile(paths.plan, "utf8")).not.toContain("mend it");
  });
});
