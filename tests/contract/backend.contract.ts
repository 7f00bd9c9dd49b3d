// What every backend does, whatever it is made of: one suite, run against each.

import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { Backend, BackendEvent, Bottle, LaunchStep } from "#contracts/backend.ts";
import { INSIDE } from "#domain/boot/protocol.ts";
import { isProved } from "#domain/fleet/isolation.ts";
import { bottlePaths } from "#lib/paths.ts";
import { writeRedactions } from "#lib/redact/redactions-file.ts";
import {
  linesOf,
  newBottles,
  nothingNames,
  processesNaming,
  script,
  specOf,
  view,
  type Bottles,
} from "#tests/helpers/bottles.ts";

/** Things come from other processes: a busy machine takes its time. */
const POLL = { timeout: 15_000, interval: 50 };

/** What only somebody who knows what a backend is made of can see. */
export interface Behind {
  /** Names of all that there is of a bottle beside processes and the files that core makes: a home, a container, a network. */
  thingsOf(root: string, slug: string): Promise<string[]>;
}

const localBehind: Behind = {
  async thingsOf(root, slug) {
    const { home } = bottlePaths(root, slug).agent;
    return existsSync(home) ? [home] : [];
  },
};

export function backendContract(makeBackend: (root: string) => Backend, behind = localBehind): void {
  let bottles: Bottles;
  beforeAll(() => {
    bottles = newBottles(makeBackend);
  });
  afterAll(() => bottles.end());

  const ended = async (bottle: Bottle) => {
    await expect.poll(async () => (await bottle.status()).phase, { timeout: 15_000 }).not.toBe("running");
    return bottle.status();
  };
  const thingsOf = (slug: string) => behind.thingsOf(bottles.root, slug);

  describe("before a launch", () => {
    test("says what it is", async () => {
      const probe = await bottles.backend.probe();
      expect(probe).toMatchObject({ available: true });
    });

    test("plans without creating anything, and says what it enforces", async () => {
      const slug = bottles.prepare();
      const plan = await bottles.backend.plan(specOf({ slug }));
      expect(plan.enforces.join()).toMatch(/network/);
      expect([...plan.enforces, ...plan.weaknesses].join()).toMatch(
        /\b512 processes|processes and threads(: 512| are not limited)/,
      );
      expect(await thingsOf(slug)).toEqual([]);
      expect(processesNaming(slug)).toEqual([]);
    });
  });

  describe("a running agent", () => {
    let bottle: Bottle;
    const steps: LaunchStep[] = [];
    beforeAll(async () => {
      process.env["OPERATORS_SECRET"] = "never seen inside";
      bottle = await bottles.launch(
        { env: { ...specOf({ slug: "x" }).env, GREETING: "hello there" } },
        { progress: (step) => steps.push(step) },
      );
    });
    afterAll(() => bottle.stop());

    test("was launched step by step", () => {
      const states = steps.flatMap((step) => (step.type === "step" ? [`${step.step}: ${step.state}`] : []));
      expect(states).toContain("prove the isolation: done");
      expect(states.at(-1)).toBe("start the agent: done");
      expect(states.filter((state) => state.endsWith("failed"))).toEqual([]);
    });

    test("is running, with its isolation proved", async () => {
      expect(await bottle.status()).toMatchObject({ phase: "running" });
      const isolation = await bottle.isolation();
      expect(isolation).not.toBeNull();
      expect(isProved(isolation!)).toBe(true);
    });

    test("is one of those that are listed", async () => {
      expect(await bottles.backend.list()).toContainEqual(
        expect.objectContaining({ slug: bottle.slug, status: expect.objectContaining({ phase: "running" }) }),
      );
    });

    test("is the user node, in its home, with its own environment and nothing of the operator's", async () => {
      const viewer = await view(bottle);
      viewer.terminal.write(
        "clear; id -un; pwd; echo \"$GREETING\"; env | grep -c OPERATORS; tr '\\0' '\\n' < /proc/1/environ | grep -c OPERATORS\r",
      );
      const screen = await viewer.shows(new RegExp(`node\\s+${INSIDE.home}\\s+hello there\\s+0\\s+0`));
      expect(screen).not.toContain("never seen inside");
      viewer.terminal.detach();
    });

    test("shows the same to every viewer", async () => {
      const [one, other] = [await view(bottle), await view(bottle)];
      one.terminal.write("echo from-$((40+2))\r");
      expect(await one.shows("from-42")).toBe(await other.shows("from-42"));
      one.terminal.detach();
      other.terminal.detach();
    });

    test("learns of a new size, and so does every other viewer", async () => {
      const [one, other] = [await view(bottle), await view(bottle)];
      one.terminal.resize(101, 33);
      await expect.poll(() => other.events, POLL).toContainEqual({ type: "resize", cols: 101, rows: 33 });
      one.terminal.write("clear; stty size\r");
      await one.shows("33 101");
      one.terminal.detach();
      other.terminal.detach();
    });

    test("goes on when a viewer leaves, and a later one finds its screen and the same process", async () => {
      const first = await view(bottle);
      first.terminal.write("clear; echo pid=$$; cd /tmp; printf '\\033[1;31mred\\033[0m '\r");
      const seen = await first.shows(/pid=(\d+)[^]*red \$/);
      first.terminal.detach();
      await first.ended;
      const second = await view(bottle);
      expect(await second.screen()).toBe(seen);
      second.terminal.write("echo again=$$; pwd\r");
      expect(await second.shows(/again=\d+\s+\/tmp/)).toContain(`again=${/pid=(\d+)/.exec(seen)![1]}`);
      second.terminal.detach();
    });

    test("is interrupted by ^C without being ended", async () => {
      const viewer = await view(bottle);
      viewer.terminal.write("clear; sleep 1000\r");
      await expect.poll(() => processesNaming("sleep 1000").length, POLL).toBe(1);
      viewer.terminal.write("\u0003");
      await nothingNames("sleep 1000");
      viewer.terminal.write("echo still-$((1+1))\r");
      await viewer.shows("still-2");
      viewer.terminal.detach();
    });

    test("has what runs in front interrupted by a signal", async () => {
      const viewer = await view(bottle);
      viewer.terminal.write("clear; sleep 1001\r");
      await expect.poll(() => processesNaming("sleep 1001").length, POLL).toBe(1);
      await viewer.terminal.signal("INT");
      await nothingNames("sleep 1001");
      expect(await bottle.status()).toMatchObject({ phase: "running" });
      viewer.terminal.detach();
    });

    test("tells what it uses", async () => {
      const stats = await bottle.stats();
      expect(stats?.memory).toBeGreaterThan(10_000_000);
      expect(stats?.cpu).toBeGreaterThanOrEqual(0);
    });
  });

  describe("what the agent asks its terminal", () => {
    // One after the other, each waited for: where the cursor is, what it is, its colours, whether it has a mode.
    const asks = `
      const questions = { cursor: "\\x1b[6n", device: "\\x1b[c", second: "\\x1b[>c", status: "\\x1b[5n", text: "\\x1b]10;?\\x1b\\\\", background: "\\x1b]11;?\\x07", mode: "\\x1b[?2004$p" };
      process.stdin.setRawMode(true);
      const answers = {};
      const next = () => new Promise((resolve) => process.stdin.once("data", (data) => resolve(JSON.stringify(String(data)))));
      for (const [name, question] of Object.entries(questions)) { const answer = next(); process.stdout.write(question); answers[name] = await answer; }
      process.stdin.setRawMode(false);
      for (const [name, answer] of Object.entries(answers)) console.log(name, answer);
      console.log("all answered");
      setInterval(() => {}, 1000);`;

    test("is answered at its start, though nobody watches or is attached", async () => {
      const bottle = await bottles.launch({
        program: undefined,
        argv: [`${INSIDE.programs}/node`, "--input-type=module", "--eval", asks],
      });
      await expect.poll(() => linesOf(bottle, bottles.root), POLL).toContain("all answered");
      const lines = (await linesOf(bottle, bottles.root)).join("\n");
      expect(lines).toMatch(/cursor "\\u001b\[\d+;1R"/);
      expect(lines).toMatch(/device "\\u001b\[\?[\d;]+c"\nsecond "\\u001b\[>[\d;]+c"\nstatus "\\u001b\[0n"/);
      expect(lines).toMatch(/text "\\u001b\]10;rgb:[^"]+"\nbackground "\\u001b\]11;rgb:[^"]+"\nmode "\\u001b\[\?2004;/);
      await bottle.stop();
    });
  });

  describe("what the agent may not show", () => {
    const SECRET = "bsk_live_4Qm8Zt1Lw0Xc7Vn2Rk5Yp9Hd";
    const [head, tail] = [SECRET.slice(0, 14), SECRET.slice(14)];

    test("is hidden from viewers, early and late, from the fleet, and from the logs", async () => {
      const slug = bottles.prepare();
      await writeRedactions(bottlePaths(bottles.root, slug), { TOKEN: SECRET });
      const says = `echo whole=${SECRET}; sleep 0.2; printf '%s\\033[1m' piece=${head}; printf '%s\\033[0m\\n' ${tail}; printf '%s\\r\\n%s\\n' wrap=${head} ${tail}`;
      const bottle = await bottles.launch({
        slug,
        argv: script(`read go; ${says}; read go; printf 'last %s' ${SECRET}; exit 3`),
      });
      const early = await view(bottle);
      const events: BackendEvent[] = [];
      const stop = new AbortController();
      await bottles.backend.watch((event) => events.push(event), stop.signal);
      early.terminal.write("\r");
      const shown = /whole=\[redacted TOKEN\]\s+piece=\[redacted TOKEN\]\s+wrap=\[redacted TOKEN\]/;
      await early.shows(shown);
      const late = await view(bottle);
      await late.shows(shown);
      late.terminal.write("\r");
      expect(await ended(bottle)).toMatchObject({ exit_code: 3 });
      await early.ended;
      await expect.poll(() => events, POLL).toContainEqual({ type: "last-line", slug, text: "last [redacted TOKEN]" });
      stop.abort();
      const crash = readFileSync(bottlePaths(bottles.root, slug).logs.crash, "utf8");
      const lines = await linesOf(bottle, bottles.root);
      for (const text of [
        early.terminal.snapshot,
        await early.screen(),
        late.terminal.snapshot,
        await late.screen(),
        crash,
        ...lines,
        JSON.stringify([events, early.events, late.events]),
      ]) {
        expect(text).not.toContain(tail);
      }
      expect(crash).toMatch(shown);
      expect(lines.filter((line) => line.includes("[redacted TOKEN]"))).toHaveLength(4);
      const files = readFilesBelow(bottlePaths(bottles.root, slug).state);
      expect(files.filter(({ text }) => text.includes(tail)).map(({ path }) => path)).toEqual([]);
    });
  });

  describe("the end of an agent", () => {
    test.each([0, 7])("is recorded with exit code %i", async (code) => {
      const bottle = await bottles.launch({ argv: script(`exit ${code}`) });
      expect(await ended(bottle)).toMatchObject({ phase: "exited", exit_code: code, signal: null });
      await nothingNames(bottle.slug);
    });

    test("by a signal is recorded as one, and kept with its last lines", async () => {
      const bottle = await bottles.launch({ argv: script("echo one; echo two >&2; kill -SEGV $$") });
      expect(await ended(bottle)).toMatchObject({ phase: "exited", exit_code: null, signal: "SIGSEGV" });
      const crash = readFileSync(bottlePaths(bottles.root, bottle.slug).logs.crash, "utf8");
      expect(crash).toMatch(/^=== agent crash \d{4}-\d\d-\d\dT[\d:.]+Z exit SIGSEGV ===\none\ntwo\n/);
    });

    test("loses none of its last words", async () => {
      const bottle = await bottles.launch({ argv: script("seq 1 20000; echo the-very-last") });
      await ended(bottle);
      const lines = await linesOf(bottle, bottles.root);
      expect(lines.filter((line) => /^\d+$/.test(line))).toHaveLength(20_000);
      expect(lines).toContain("the-very-last");
    });

    test("reaches viewers as an event, and then the connection ends", async () => {
      const bottle = await bottles.launch({ argv: script("read go; exit 3") });
      const viewer = await view(bottle);
      viewer.terminal.write("\r");
      await viewer.ended;
      expect(viewer.events.at(-1)).toMatchObject({ type: "exit", exit: { exit_code: 3, reason: "exited" } });
      await expect(bottle.attach()).rejects.toMatchObject({ code: "unavailable" });
    });

    test("is the end of what it left in the background", async () => {
      const bottle = await bottles.launch({ argv: script("setsid sleep 2001 & exit 0") });
      await ended(bottle);
      await nothingNames("sleep 2001");
      expect(await bottle.status()).toMatchObject({ exit_code: 0 });
    });
  });

  describe("stopping", () => {
    test("ends agent and sidecars, says so, and may be asked for again", async () => {
      const bottle = await bottles.launch({});
      await bottle.stop();
      expect(await bottle.status()).toMatchObject({ phase: "stopped" });
      await nothingNames(bottle.slug);
      await bottle.stop();
      await expect(bottle.attach()).rejects.toMatchObject({ code: "unavailable" });
    });

    test("ends an agent that does not want to", async () => {
      const bottle = await bottles.launch({ argv: script("trap '' HUP TERM INT; while :; do sleep 3001; done") });
      await bottle.stop();
      expect(await bottle.status()).toMatchObject({ phase: "stopped" });
      await nothingNames("sleep 3001");
    });

    test("keeps the home for the next run of the same bottle", async () => {
      const slug = bottles.prepare();
      const first = await bottles.launch({ slug, argv: script("echo kept > ~/note; echo written; read go") });
      await (await view(first)).shows("written");
      await first.stop();
      const second = await bottles.launch({
        slug,
        resume: true,
        argv: script("cat ~/note; echo more >> ~/note; read go"),
      });
      const viewer = await view(second);
      await viewer.shows("kept");
      expect(await second.status()).toMatchObject({ phase: "running" });
      viewer.terminal.detach();
      await second.stop();
    });

    test("removes what runs and leaves nothing outside of the state folder", async () => {
      const bottle = await bottles.launch({});
      await bottle.stop();
      await bottle.remove();
      await nothingNames(bottle.slug);
      expect((await thingsOf(bottle.slug)).filter((name) => !name.startsWith(bottles.root))).toEqual([]);
      rmSync(bottlePaths(bottles.root, bottle.slug).state, { recursive: true });
      expect(await bottles.backend.list()).not.toContainEqual(expect.objectContaining({ slug: bottle.slug }));
    });
  });

  describe("the workspace", () => {
    test("is a copy with its links and its repository, and the working directory", async () => {
      const from = mkdtempSync(join(tmpdir(), "workspace-"));
      try {
        execFileSync("git", ["init", "-q", from]);
        mkdirSync(join(from, "src"));
        writeFileSync(join(from, "src", "run.sh"), "echo ran", { mode: 0o755 });
        symlinkSync("/etc/hostname", join(from, "link"));
        symlinkSync("nowhere", join(from, "dangling"));
        const bottle = await bottles.launch({
          copyCwd: from,
          argv: script(
            "pwd; stat -c '%U:%G %a' . src/run.sh; src/run.sh; readlink link dangling; git status -sb; echo x > mine && cat mine; read go",
          ),
        });
        const viewer = await view(bottle);
        const shown = [
          INSIDE.workspace,
          "node:node 755",
          "node:node 755",
          "ran",
          "/etc/hostname",
          "nowhere",
          "## No commits yet on [^]*",
          "x$",
        ];
        await viewer.shows(new RegExp(shown.join("\\s+")));
        expect(existsSync(join(from, "mine"))).toBe(false);
        viewer.terminal.detach();
        await bottle.stop();
      } finally {
        rmSync(from, { recursive: true, force: true });
      }
    });

    test("gets the provider's files, with their modes, and never through a link of a former run", async () => {
      const slug = bottles.prepare();
      const first = await bottles.launch({
        slug,
        argv: script("mkdir -p ~/.config && ln -s /tmp/elsewhere ~/.config/agent.json && echo done; read go"),
      });
      await (await view(first)).shows("done");
      await first.stop();
      const files = [{ path: `${INSIDE.home}/.config/agent.json`, content: '{"a":1}', mode: 0o600 }];
      const second = await bottles.launch({
        slug,
        resume: true,
        files,
        argv: script("stat -c '%F %a' ~/.config/agent.json; cat ~/.config/agent.json; ls /tmp/elsewhere; read go"),
      });
      const screen = await (await view(second)).shows(/\{"a":1\}[^]*ls: /);
      expect(screen).toMatch(/regular file 600\s+\{"a":1\}\s*ls: [^]*No such file/);
      await second.stop();
    });
  });

  describe("a launch that fails", () => {
    test("says why when the agent's program is not there, and leaves nothing running", async () => {
      const slug = bottles.prepare();
      await expect(bottles.launch({ slug, argv: ["no-such-agent"] })).rejects.toThrow(/no-such-agent/);
      await nothingNames(slug);
      expect(await bottles.backend.open(slug).status()).not.toMatchObject({ phase: "running" });
    });

    test("is taken back whole, whichever of its steps it is interrupted in", { timeout: 180_000 }, async () => {
      const names: string[] = [];
      const whole = await bottles.launch(
        {},
        { progress: (step) => void (step.type === "step" && step.state === "started" && names.push(step.step)) },
      );
      await whole.remove();
      expect(names).toEqual(expect.arrayContaining(["prepare", "prove the isolation", "start the agent"]));
      for (const step of names) {
        const slug = bottles.prepare();
        const interrupt = new AbortController();
        const failures: LaunchStep[] = [];
        const progress = (report: LaunchStep): void => {
          if (report.step === step) interrupt.abort();
          if (report.type === "step" && report.state === "failed" && report.step.startsWith("taking back"))
            failures.push(report);
        };
        await expect(bottles.launch({ slug }, { progress, signal: interrupt.signal })).rejects.toThrow(/interrupted/);
        await nothingNames(slug);
        expect({ step, failures, left: await thingsOf(slug) }).toEqual({ step, failures: [], left: [] });
      }
    });
  });

  describe("two bottles at once", () => {
    test("do not see each other's processes, files or ports", async () => {
      const serve =
        "require('net').createServer(s=>s.end('mine')).listen(7777,'127.0.0.1',()=>console.log('listening'))";
      const [one, other] = await Promise.all([bottles.launch({}), bottles.launch({})]);
      const [first, second] = [await view(one), await view(other)];
      first.terminal.write(`echo secret > /tmp/shared; echo secret > ~/shared; node -e "${serve}" &\r`);
      await first.shows("listening");
      second.terminal.write(
        "clear; cat /tmp/shared ~/shared; ps ax | grep -c [c]reateServer; node -e \"require('net').connect(7777,'127.0.0.1').on('error',e=>console.log(e.code))\"\r",
      );
      const screen = await second.shows("ECONNREFUSED");
      expect(screen).toMatch(/^0$/m);
      expect(screen).not.toContain("secret");
      await Promise.all([one.stop(), other.stop()]);
    });
  });

  describe("watching", () => {
    test("tells the state of every bottle first, and then each change as it happens", async () => {
      const running = await bottles.launch({ argv: script("echo first words; read go; echo last words; exit 5") });
      const events: BackendEvent[] = [];
      const stop = new AbortController();
      await bottles.backend.watch((event) => events.push(event), stop.signal);
      const phases = (slug: string) =>
        events.flatMap((event) => (event.type === "run-status" && event.slug === slug ? [event.status.phase] : []));
      expect(phases(running.slug)).toEqual(["running"]);
      const told = async (event: unknown): Promise<void> => {
        await expect.poll(() => events, POLL).toContainEqual(event);
      };
      await told({ type: "last-line", slug: running.slug, text: "first words" });

      (await running.attach()).write("\r");
      await expect.poll(() => phases(running.slug), POLL).toEqual(["running", "exited"]);
      await told({ type: "last-line", slug: running.slug, text: "last words" });
      await told(expect.objectContaining({ type: "activity", slug: running.slug, activity: "busy" }));

      const later = await bottles.launch({});
      await expect.poll(() => phases(later.slug), POLL).toEqual(["starting", "running"]);
      await told({ type: "sidecar", slug: later.slug, sidecar: "egress", up: true, detail: "" });
      await later.stop();
      await expect.poll(() => phases(later.slug), POLL).toEqual(["starting", "running", "stopped"]);
      stop.abort();
    });
  });
}

/** Regular files alone, as bytes. */
function readFilesBelow(folder: string): { path: string; text: string }[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .map((path) => ({ path, text: readFileSync(path, "latin1") }));
}
