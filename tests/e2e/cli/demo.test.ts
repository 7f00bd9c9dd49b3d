// What `demo` starts, and that nothing of it is left when its bottle is gone.

import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { openRoot, type OwnRoot } from "#tests/helpers/own-root.ts";

let own: OwnRoot;
beforeEach(async () => {
  own = await openRoot();
});
afterEach(() => own.close());

interface Row {
  readonly id: string;
  readonly kind: string;
  readonly origin: string;
}

async function upstreams(): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const texts = await Promise.all(
    pids.map(async (pid) => {
      const read = (file: string) => readFile(join("/proc", pid, file), "utf8").catch(() => "");
      return (await read("cmdline")).includes("demo/upstream.js") && (await read("environ")).includes(own.root)
        ? pid
        : undefined;
    }),
  );
  return texts.filter((pid) => pid !== undefined);
}

describe("demo", () => {
  it("prints the slug, keeps its upstream as long as the bottle, and writes its definitions once", async () => {
    const slug = (await own.run("demo", "--detach")).trim();
    expect(slug).toMatch(/^demo-[a-z0-9]{5}$/);
    expect(await own.json("list")).toMatchObject([
      { slug, agent: "demo", provider: "command", backend: "local", label: "demo", isolation: { proved: true } },
    ]);
    expect(await upstreams()).toHaveLength(1);

    const definition = join(own.root, "bottles", "demo.md");
    const written = await readFile(definition, "utf8");
    await own.run("stop", slug);
    await expect.poll(upstreams, { timeout: 10_000 }).toEqual([]);
    await own.run("cleanup", slug, "--yes", "--force");
    expect(await own.json("list")).toEqual([]);
    expect(await readFile(definition, "utf8")).toBe(written);
  });

  it("holds requests with --hold, and lets them through when they are approved", async () => {
    const { slug } = await own.json<{ slug: string }>("demo", "--hold", "--detach");
    await expect
      .poll(() => own.json<Row[]>("proposals"), { timeout: 20_000, interval: 200 })
      .toMatchObject([{ origin: "held-request", status: "pending" }]);
    const [held] = await own.json<Row[]>("proposals");
    expect(await own.json("approve", held?.id ?? "", "--scope", "once")).toMatchObject({
      status: "approved",
      scope: "once",
      applied: { ok: true },
    });
    await expect
      .poll(() => own.run("logs", slug, "--source", "agent"), { timeout: 20_000, interval: 200 })
      .toContain("fetched left-pad@1.3.0");
  });

  it("leaves nothing running when the launch fails", async () => {
    await mkdir(join(own.root, "bottles"), { recursive: true });
    await writeFile(join(own.root, "bottles", "demo.md"), "---\nagent_provider: 5\n---\n");
    expect(await own.attempt("demo", "--detach")).toMatchObject({
      exitCode: 2,
      stdout: "",
      stderr: expect.stringContaining("bottles/demo.md:2"),
    });
    await expect.poll(upstreams).toEqual([]);
    expect(await own.json("list")).toEqual([]);
  });
});
