// As many as somebody may have: 200 real containers in one fleet, and 20 whole bottles that come and go without a trace.

import { readdir } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import { createBackends } from "#backends/registry.ts";
import type { Console } from "#contracts/console.ts";
import { createConsole } from "#core/console.ts";
import type { BottleRow } from "#domain/fleet/fleet.ts";
import type { ListRow, ProposalRow } from "#modes/json/schemas.ts";
import { requireDocker } from "#tests/helpers/docker.ts";
import { makeCrowd, type Crowd } from "#tests/helpers/docker/crowd.ts";
import { NOTHING, removeAll, standingOf, volumesThatStand, volumesUsedIn } from "#tests/helpers/docker/left-over.ts";
import { COMMAND, openRoot, type OwnRoot } from "#tests/helpers/own-root.ts";
import { openPtyScreen, type PtyScreen } from "#tests/helpers/pty-screen.ts";

const docker = await requireDocker();

/** Each needs several processes of the engine, and there are two cores: not all are started, but all are real. */
const CONTAINERS = 200;
const RUNNING = 80;
const BOTTLES = 20;
const AT_ONCE = 3;
const MINUTES = 60_000;

describe("200 containers in one fleet", docker, () => {
  let crowd: Crowd;
  beforeAll(async () => {
    crowd = await makeCrowd({ count: CONTAINERS, running: RUNNING });
  }, 3 * MINUTES);
  afterAll(() => crowd.remove(), 2 * MINUTES);

  it("lists each of them, from the built command", async () => {
    const own = await openRoot({ BOT_BOTTLE_ROOT: crowd.root });
    const rows = await own.json<ListRow[]>("list");
    await own.close();
    expect(rows.map(({ slug }) => slug)).toEqual(crowd.slugs);
    expect(rows.filter(({ state }) => state === "stopped")).toHaveLength(CONTAINERS - RUNNING);
    expect(rows.filter(({ state }) => runs(state))).toHaveLength(RUNNING);
  });

  it("is told when some end and others start, and the rest stay as they are", async () => {
    const console = await watching(crowd.root);
    try {
      const [first, second] = crowd.slugs as [string, string];
      const [other, another] = crowd.slugs.slice(-2) as [string, string];
      await expect.poll(() => countRunning(console), { timeout: 30_000 }).toBe(RUNNING);

      await Promise.all([crowd.end(first), crowd.end(second), crowd.start(other), crowd.start(another)]);

      for (const slug of [first, second]) {
        await expect
          .poll(() => rowOf(console, slug), { timeout: 20_000 })
          .toMatchObject({ state: "crashed", signal: "SIGKILL" });
      }
      for (const slug of [other, another]) {
        await expect.poll(() => rowOf(console, slug)?.run?.phase, { timeout: 20_000 }).toBe("running");
      }
      expect(countRunning(console)).toBe(RUNNING);
    } finally {
      await console.close();
    }
  });

  describe("in the dashboard at 200 x 50", () => {
    let screen: PtyScreen | undefined;
    afterEach(() => screen?.close());

    it("shows them, and is at the last and back at the first one by one key", async () => {
      screen = openPtyScreen({
        file: COMMAND[0],
        args: [COMMAND[1]],
        cols: 200,
        rows: 50,
        env: { BOT_BOTTLE_ROOT: crowd.root, NO_COLOR: "1", CI: undefined },
      });
      await screen.waitFor(`${CONTAINERS} bottles`, 30_000);
      await screen.waitFor(crowd.slugs[0]!);

      screen.type("G");
      await screen.waitFor(new RegExp(`▸ .*${crowd.slugs.at(-1)}`));
      expect(screen.rows().filter((row) => /^│.*crowd-00[12]\d\d /.test(row)).length).toBeGreaterThan(40);
      expect(screen.text()).toContain(`${CONTAINERS}/${CONTAINERS}`);
      expect(screen.rows().length).toBeLessThanOrEqual(50);

      screen.type("g");
      await screen.waitFor(new RegExp(`▸ .*${crowd.slugs[0]}`));
      screen.type("/");
      screen.type("00077");
      await screen.waitFor(`1 of ${CONTAINERS}, filter “00077”`);
    });
  });
});

describe("20 whole bottles on docker", docker, () => {
  let own: OwnRoot;
  beforeAll(async () => {
    own = await openRoot();
  });
  afterAll(async () => {
    const { root } = own;
    await own.close();
    await removeAll(root);
  }, 3 * MINUTES);

  it(
    "start, run the demo's agent until it asks, stop, and are cleared away without a trace",
    async () => {
      const begin = async (): Promise<string> => (await own.run("demo", "--detach", "--backend", "docker")).trim();
      const slugs = [await begin()]; // alone: it builds the images
      slugs.push(...(await several(Array.from({ length: BOTTLES - 1 }), begin)));
      expect(new Set(slugs).size).toBe(BOTTLES);

      const asking = async (): Promise<string[]> => {
        const rows = await own.json<ProposalRow[]>("proposals");
        const pending = rows.filter(({ status }) => status === "pending");
        return [...new Set(pending.map(({ bottle_slug }) => bottle_slug))].toSorted();
      };
      await expect.poll(asking, { timeout: MINUTES, interval: 500 }).toEqual(slugs.toSorted());
      const rows = await own.json<ListRow[]>("list");
      for (const row of rows) expect(row).toMatchObject({ backend: "docker", isolation: { proved: true } });
      expect(rows.every(({ state }) => runs(state))).toBe(true);
      const standing = await standingOf(own.root);
      expect([standing.containers, standing.networks, standing.volumes].map(({ length }) => length)).toEqual([
        2 * BOTTLES,
        2 * BOTTLES,
        BOTTLES,
      ]);
      const volumes = await volumesUsedIn(own.root);

      await several(slugs, (slug) => own.run("stop", slug, "--yes"));
      const stopped = await own.json<ListRow[]>("list");
      expect(stopped.map(({ state }) => state)).toEqual(Array.from({ length: BOTTLES }, () => "stopped"));

      await own.run("cleanup", "--yes", "--force");
      expect(await standingOf(own.root)).toEqual(NOTHING);
      expect(await volumesThatStand(volumes)).toEqual([]);
      expect(await readdir(join(own.root, "state"))).toEqual([]);
      expect(await own.json("list")).toEqual([]);
    },
    4 * MINUTES,
  );
});

async function watching(root: string): Promise<Console> {
  const backends = await createBackends({ root, env: process.env });
  const console = createConsole({ root, cwd: root, env: process.env, backends });
  await console.start();
  return console;
}

function rowOf(console: Console, slug: string): BottleRow | undefined {
  return console.fleet().bottles.find((row) => row.slug === slug);
}

function countRunning(console: Console): number {
  return console.fleet().bottles.filter(({ run }) => run?.phase === "running").length;
}

function runs(state: BottleRow["state"]): boolean {
  return ["busy", "waiting", "idle", "unknown"].includes(state);
}

/** A few at a time. */
async function several<T, R>(all: readonly T[], work: (one: T) => Promise<R>): Promise<R[]> {
  const waiting = all.values();
  const results: R[] = [];
  const worker = async (): Promise<void> => {
    // oxlint-disable-next-line no-await-in-loop -- one after the other, several workers at once
    for (const one of waiting) results.push(await work(one));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}
