// The commands that need a terminal, in a real one: start asks and hands over, attach comes back to the same agent.

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { COMMAND, openRoot, type OwnRoot } from "#tests/helpers/own-root.ts";
import { openPtyScreen, type PtyScreen } from "#tests/helpers/pty-screen.ts";

const [NODE, PROGRAM] = COMMAND;
const DETACH = "\u001d";
/** Says who it is, how large its terminal is, and what it reads. */
const AGENT = `echo "agent $$ is here"; while read -r line; do echo "got $line at $(stty size)"; [ "$line" = bye ] && exit 3; done`;

let own: OwnRoot;
let open: PtyScreen[];
beforeEach(async () => {
  own = await openRoot();
  open = [];
  await own.define("echoer", ["bash", "-c", AGENT]);
});
afterEach(async () => {
  await Promise.all(open.map((screen) => screen.close()));
  await own.close();
});

function run(...args: string[]): PtyScreen {
  const screen = openPtyScreen({
    file: NODE,
    args: [PROGRAM, ...args],
    cols: 100,
    rows: 30,
    cwd: own.root,
    env: own.env,
  });
  open.push(screen);
  return screen;
}

describe("in a terminal", () => {
  it("start shows the preflight, asks, and hands the terminal over; attach finds the same agent", async () => {
    const start = run("start", "echoer");
    await start.waitFor("Launch it? [y/N]");
    expect(start.text()).toMatch(/^agent +echoer/m);
    start.type("y\r");
    await start.waitFor(/agent \d+ is here/);
    const agent = /agent (\d+) is here/.exec(start.text())?.[1];
    start.type("hello\r");
    await start.waitFor("got hello at 30 100");
    start.type(DETACH);
    await start.waitFor("detached; the agent goes on: bottle-dash attach echoer-");
    expect(await start.exited).toBe(0);
    const slug = /attach (echoer-\w+)/.exec(start.text())?.[1] ?? "";

    const attach = run("attach", slug);
    await attach.waitFor(`agent ${agent} is here`);
    attach.resize(70, 20);
    await expect
      .poll(
        () => {
          attach.type("again\r");
          return attach.text();
        },
        { interval: 200 },
      )
      .toContain("got again at 20 70");
    attach.type("bye\r");
    await attach.waitFor(`the agent of ${slug} has ended`);
    expect(await attach.exited).toBe(0);
    expect(await own.json("list")).toMatchObject([{ slug, state: "crashed", exit_code: 3 }]);
    expect(await own.attempt("attach", slug)).toMatchObject({ exitCode: 2 });
  });

  it("start launches nothing when the answer is Enter, or ctrl-c", async () => {
    const enter = run("start", "echoer");
    await enter.waitFor("Launch it? [y/N]");
    enter.type("\r");
    expect(await enter.exited).toBe(130);
    expect(enter.text()).toContain("bottle-dash: nothing was done");
    const interrupt = run("start", "echoer");
    await interrupt.waitFor("Launch it? [y/N]");
    interrupt.type("\u0003");
    expect(await interrupt.exited).toBe(130);
    expect(await own.json("list")).toEqual([]);
  });

  it("attach puts the terminal back in order when it is told to end, and leaves the agent alone", async () => {
    await own.define("painter", ["bash", "-c", "printf '\\033[?1049h\\033[?1000h\\033[?25l painted'; exec sleep 600"]);
    const { slug } = await own.json<{ slug: string }>("start", "painter", "--yes", "--detach");
    const attach = run("attach", slug);
    await attach.waitFor("painted");
    attach.signal("SIGTERM");
    expect(await attach.exited).toBe(143);
    expect(attach.alternate).toBe(false);
    expect(attach.raw().lastIndexOf("\u001b[?25h")).toBeGreaterThan(attach.raw().lastIndexOf("\u001b[?25l"));
    expect(attach.raw().lastIndexOf("\u001b[?1000l")).toBeGreaterThan(attach.raw().lastIndexOf("\u001b[?1000h"));
    expect(attach.text()).toContain("the agent goes on");
    expect(await own.json<{ state: string }[]>("list")).toMatchObject([{ exit_code: null }]);
  });

  it("attach says that an agent does not run", async () => {
    const { slug } = await own.json<{ slug: string }>("start", "echoer", "--yes", "--detach");
    await own.run("stop", slug);
    const attach = run("attach", slug);
    expect(await attach.exited).toBe(4);
    expect(attach.text()).toContain("bottle-dash: ");
  });
});
