// The whole product through a real terminal: the real dashboard in tmux, a real bottle, the real sidecars.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { LOOP_BACKENDS } from "#tests/helpers/backends.ts";
import { COMMAND, openRoot, type OwnRoot } from "#tests/helpers/own-root.ts";
import { requirement } from "#tests/helpers/require.ts";
import { openTmux, type Tmux } from "#tests/helpers/tmux.ts";

const hasTmux = await execa("tmux", ["-V"], { reject: false });
const tmuxRequired = requirement("tmux", () => (hasTmux.exitCode === 0 ? undefined : "tmux is not installed"));

/** Longer than the dashboard wants a proposal to have been in view. */
const LOOKED_AT_MS = 700;

const SIZES = [
  { columns: 80, rows: 24 },
  { columns: 200, rows: 50 },
];

describe("the dashboard", tmuxRequired, () => {
  for (const { name, required, env } of LOOP_BACKENDS) {
    describe(`on ${name}`, required, () => {
      describe.each(SIZES)("at $columns x $rows", ({ columns, rows }) => {
        loop(columns, rows, env);
      });
    });
  }
});

function loop(columns: number, rows: number, env: Readonly<Record<string, string>>): void {
  let own: OwnRoot;
  let screen: Tmux;

  const open = async (...args: string[]): Promise<void> => {
    screen = await openTmux({ command: [...COMMAND, ...args], columns, rows, env: own.env, cwd: own.root });
  };
  /** For half a second after a proposal appeared no key decides it, and the screen says so: then once more, after that. */
  const decide = async (key: string, then: RegExp): Promise<void> => {
    await screen.keys(key);
    if (then.test(await screen.see(new RegExp(`${then.source}|press again`)))) return;
    await delay(LOOKED_AT_MS);
    await screen.keys(key);
    await screen.see(then);
  };
  /** The first press shows what there is to decide, the second decides. */
  const approveShown = async (shows: string | RegExp): Promise<void> => {
    await screen.keys("a");
    await screen.see(shows);
    await decide("a", /approved: live/);
  };
  const attach = async (): Promise<void> => {
    await screen.keys("Enter");
    await screen.gone("Bottles");
  };

  beforeEach(async () => {
    own = await openRoot(env);
  });
  afterEach(async () => {
    await screen.close();
    await own.close();
  });

  it("shows the loop: blocked, asked, approved, used; a question answered; a crash with its log", async () => {
    await open();
    await screen.see("demo"); // the welcome names the key that starts it
    await screen.keys("d");
    await screen.see("Asking the operator for a route");
    await screen.see(/▲\s*1 waiting for you/);
    await approveShown("Would allow");
    await screen.keys("Escape");
    await screen.see("fetched left-pad@1.3.0");

    await screen.see(/▲\s*1 waiting for you/);
    await screen.keys("i");
    await screen.see("Shall the padding use");
    await screen.see(/✓ approved .*live\s+used 1×/);
    await decide("a", /▸ answer/);
    await screen.type("1");
    await screen.keys("Enter");
    await screen.see("approved: answered");
    await screen.keys("Escape");
    await screen.see("the operator says: spaces");
    await screen.see("crashed");
    await screen.see("there is no signing key");

    await screen.keys("c");
    await screen.see("▸ demo-");
    await screen.keys("Enter");
    await screen.see("no signing key");
    await screen.see("FOLLOWING");
    await screen.keys("g");
    await screen.see(/=== agent crash .* exit 1 ===/);
    await screen.keys("Escape");
    await screen.gone("=== agent crash");
    await screen.keys("Escape");
    await screen.see("Bottles");
    await screen.keys("q");
    expect(await screen.exited()).toBe(0);

    const [proposal] = await own.json<{ status: string; applied: { ok: boolean }; used: { count: number } }[]>(
      "proposals",
      "--all",
    );
    expect(proposal).toMatchObject({ status: "approved", applied: { ok: true }, used: { count: 1 } });
    await expect(own.run("audit", "verify")).resolves.toContain("demo-");
  });

  it("hands a reason for a rejection to the agent", async () => {
    await open("demo");
    await screen.see("Asking the operator for a route");
    await screen.see(/▲\s*1 waiting for you/);
    await screen.keys("i");
    await screen.see("packages.demo.test");
    await decide("x", /▸ reason/);
    await screen.type("use the vendored copy");
    await screen.keys("Enter");
    await screen.see("rejected");
    await screen.keys("Escape");
    await screen.see("notes: use the vendored copy");
    expect(await screen.see("I go on without left-pad")).not.toContain("fetched");
  });

  it("lets a held request through when it is approved", async () => {
    await open("demo", "--hold");
    await screen.see(/▲\s*1 waiting for you/);
    await approveShown("is held until you decide");
    await screen.keys("Escape");
    await screen.see("fetched left-pad@1.3.0");
    expect(await own.json("proposals", "--all")).toMatchObject([{ origin: "held-request", status: "approved" }]);
  });

  it("attaches, detaches and attaches again to the same agent, also after it was quit and started anew", async () => {
    await own.define("shell", ["bash", "--norc"], "");
    const { slug } = await own.json<{ slug: string }>("start", "shell", "--yes", "--detach");
    await open();
    await screen.see(slug);
    await attach();
    await screen.see("bash-5");
    await screen.type("echo pid-$$");
    await screen.keys("Enter");
    const first = /pid-(\d+)/.exec(await screen.see(/pid-\d+/))?.[1];
    await screen.keys("C-]");
    await screen.see("Bottles");

    await screen.keys("q");
    expect(await screen.exited()).toBe(0);
    await screen.run(COMMAND);
    await screen.see(slug);
    await attach();
    await screen.see(`pid-${first}`);
    await screen.type("clear; echo again-$$");
    await screen.keys("Enter");
    await screen.see(`again-${first}`);
    await screen.type("stty size");
    await screen.keys("Enter");
    await screen.see(/\d+ \d+/);
    await screen.keys("C-]");
    await screen.see("Bottles");
  });

  it("outlives SIGKILL: the agent runs on, and the next dashboard shows it", async () => {
    await own.define("counter", ["bash", "-c", "n=0; while read -r line; do n=$((n+1)); echo line-$n-$line; done"], "");
    const { slug } = await own.json<{ slug: string }>("start", "counter", "--yes", "--detach");
    await open();
    await screen.see(slug);
    process.kill(await screen.pid(), "SIGKILL");
    await screen.exited();
    expect(await own.json<{ slug: string }[]>("list")).toMatchObject([{ slug }]);
    await screen.run(COMMAND);
    await screen.see(slug);
    await attach();
    await screen.type("hello");
    await screen.keys("Enter");
    await screen.see("line-1-hello");
    await screen.keys("C-]");
    await screen.see("Bottles");
    await expect(readFile(join(own.root, "state", slug, "agent", "exit.json"))).rejects.toThrow("ENOENT");
  });
}
