// What must not leave a bottle reaches its egress proxy, and nobody else: a real bottle, launched by the built command.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

import type { PreflightRow } from "#modes/json/schemas.ts";
import { bottlePaths } from "#lib/paths.ts";
import { openRoot, type OwnRoot } from "#tests/helpers/own-root.ts";

const SECRET = "ghp-of-the-operator-0123456789";
const PROGRAM = `
  cp ~/.config/bottle/service.env ~/found.env && env > ~/found.txt && mv ~/found.txt ~/env.txt
  trap 'exit 0' HUP TERM
  while :; do sleep 1; done`;

let own: OwnRoot;
beforeAll(async () => {
  own = await openRoot({ GH_TOKEN: SECRET, EDITOR: "vi" });
  await own.define(
    "worker",
    ["/bin/sh", "-c", PROGRAM],
    "env:\n  PAT: ${GH_TOKEN}\n  EDITOR: ${EDITOR}\n  MODE: plain\n",
  );
});
afterAll(() => own.close());

/** Every process that names the bottle: its program, and the environment and the arguments that it was started with. */
function sidecars(slug: string): { name: string; env: string; argv: string }[] {
  return readdirSync("/proc").flatMap((pid) => {
    try {
      const argv = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      const name = /\/(\w[\w-]*)\.js(?:\0|$)/.exec(argv)?.[1];
      if (name === undefined || !argv.includes(slug)) return [];
      return [{ name, argv, env: readFileSync(`/proc/${pid}/environ`, "utf8") }];
    } catch {
      return []; // it ended, or is no process
    }
  });
}

/** Of the bottle's state, all but the agent's own home. */
function stateText(root: string, slug: string): string {
  const { state, agent } = bottlePaths(root, slug);
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.startsWith(agent.home))
    .filter((entry) => entry.parentPath.startsWith(state) || !entry.parentPath.includes("/state/"))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"))
    .join("\n");
}

async function canaryOf(slug: string): Promise<string> {
  const { home } = bottlePaths(own.root, slug).agent;
  const read = (name: string): string => {
    try {
      return readFileSync(join(home, name), "utf8");
    } catch {
      return "";
    }
  };
  await vi.waitFor(() => expect(read("env.txt")).toContain("BOTTLE_SERVICE_TOKEN="), { timeout: 20_000 });
  const value = /^BOTTLE_SERVICE_TOKEN=(.*)$/m.exec(read("env.txt"))?.[1] ?? "";
  expect(read("found.env")).toBe(`BOTTLE_SERVICE_TOKEN=${value}\n`);
  return value;
}

describe("a launched bottle", () => {
  let slug: string;
  let canary: string;
  beforeAll(async () => {
    ({ slug } = await own.json<{ slug: string }>("start", "worker", "--yes"));
    canary = await canaryOf(slug);
  });

  test("has a canary in its environment and its home that looks worth taking", () => {
    expect(canary).toMatch(/^bsk_live_[A-Za-z0-9]{40}$/);
  });

  test("gives the canary and the operator's secrets to the egress proxy, and to no other sidecar", () => {
    const found = sidecars(slug);
    expect(found.map(({ name }) => name)).toEqual(expect.arrayContaining(["init", "egress", "supervise"]));
    const environments = (name: string): string => found.find((process) => process.name === name)?.env ?? "";
    expect(environments("egress").split("\0")).toEqual(
      expect.arrayContaining([`EGRESS_SECRET_CANARY=${canary}`, `EGRESS_SECRET_PAT=${SECRET}`]),
    );
    expect(environments("egress")).not.toMatch(/EGRESS_SECRET_(?:EDITOR|MODE)/);
    for (const { name, env } of found.filter((process) => !["egress", "init"].includes(process.name))) {
      expect(`${name} ${env}`).not.toContain(canary);
      expect(`${name} ${env}`).not.toContain(SECRET);
    }
  });

  test("shows neither in an argument, in a file of its state, in the preflight or in what it prints", async () => {
    const preflight = await own.json<PreflightRow>("start", "worker", "--dry-run");
    expect(preflight.lines).toContainEqual({ label: "canary", text: expect.stringContaining("BOTTLE_SERVICE_TOKEN") });
    const shown = [
      ...sidecars(slug).map(({ argv }) => argv),
      stateText(own.root, slug),
      JSON.stringify(preflight),
      await own.run("egress", slug),
      await own.run("logs", slug),
      await own.run("audit", "show", slug),
    ].join("\n");
    expect(shown).toContain("egress.js");
    for (const value of [canary, SECRET]) expect(shown).not.toContain(value);
  });

  test("gets another canary when it is resumed", async () => {
    await own.run("stop", slug);
    const { home } = bottlePaths(own.root, slug).agent;
    expect(readFileSync(join(home, "env.txt"), "utf8")).toContain(canary);
    await own.run("resume", slug);
    await expect.poll(() => readFileSync(join(home, "env.txt"), "utf8"), { timeout: 20_000 }).not.toContain(canary);
    const next = await canaryOf(slug);
    expect(sidecars(slug).find(({ name }) => name === "egress")?.env).toContain(next);
  });
});
