// The tab Egress over a real bottle and its real proxy: a blocked request is allowed from its row, and the retry passes.

import { setTimeout as delay } from "node:timers/promises";

import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { COMMAND, openRoot, type OwnRoot } from "#tests/helpers/own-root.ts";
import { requirement } from "#tests/helpers/require.ts";
import { openTmux, type Tmux } from "#tests/helpers/tmux.ts";

const hasTmux = await execa("tmux", ["-V"], { reject: false });
const tmuxRequired = requirement("tmux", () => (hasTmux.exitCode === 0 ? undefined : "tmux is not installed"));

/** Longer than the dashboard wants what is decided to have been in view. */
const LOOKED_AT_MS = 700;
const PACKAGE = "https://packages.demo.test/packages/left-pad";

describe.each([
  { columns: 80, rows: 24 },
  { columns: 200, rows: 50 },
])("the tab Egress at $columns x $rows", tmuxRequired, ({ columns, rows }) => {
  let own: OwnRoot;
  let screen: Tmux;

  beforeEach(async () => {
    own = await openRoot();
    screen = await openTmux({ command: [...COMMAND, "demo"], columns, rows, env: own.env, cwd: own.root });
  });
  afterEach(async () => {
    await screen.close();
    await own.close();
  });

  const look = async (key: string, shows: string | RegExp, then: RegExp): Promise<void> => {
    await screen.keys(key);
    await screen.see(shows);
    await delay(LOOKED_AT_MS);
    await screen.keys(key);
    await screen.see(then);
  };
  const filter = async (text: string): Promise<void> => {
    await screen.keys("/");
    await screen.see("Filter the requests");
    await screen.type(text);
    await screen.keys("Enter");
    await screen.gone("Filter the requests");
  };
  const verdictNow = async (slug: string): Promise<string> =>
    (await own.json<{ verdict: string }>("egress", slug, "test", PACKAGE)).verdict;

  it("allows, shows what came of it, takes it back, and allows it anew", async () => {
    await screen.see(/▲\s*1 waiting for you/);
    const slug = /demo-\w{5}/.exec(await screen.screen())?.[0] ?? "";

    await screen.keys("3", "Right");
    await screen.see("policy v");
    await screen.keys("v"); // the blocked ones
    await screen.see(/▸ .*✗ block .*packages\.demo\.test/);
    await screen.keys("Enter");
    await screen.see("the same request now: ✗ block");
    await screen.see("default deny");
    await look("a", "Would allow GET", /approved: live/);
    await screen.keys("Escape");
    await screen.see("Bottles");
    expect(await verdictNow(slug)).toBe("allow");

    await screen.keys("v", "v", "v"); // held, findings, all
    await screen.see(/✓ allow .*packages\.demo\.test.* 200 /);
    await filter("host:packages verdict:allow");
    await screen.see(/▸ .*✓ allow .*packages\.demo\.test/);
    await screen.keys("x");
    await screen.see("Take back the rule that allowed this");
    await screen.keys("no longer", "Enter"); // the reason
    await screen.see("undone");
    expect(await verdictNow(slug)).toBe("block");

    await screen.keys("Escape"); // the filter goes
    await screen.see("_egress.local");
    await screen.keys("v");
    await screen.see(/▸ .*✗ block .*packages\.demo\.test/);
    await look("a", "you would allow this", /allowed until this bottle stops/);
    expect(await verdictNow(slug)).toBe("allow");
    await screen.keys("T");
    await screen.see(/▸ packages\.demo\.test/);
    await screen.see(/TABLE 1\/1/);
    await expect(own.run("audit", "verify")).resolves.toContain(slug);
  });
});
