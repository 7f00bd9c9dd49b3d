// The terminal of an agent in a container: replay and live output in one, input, size, signals, the end.

import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

import { attachTo } from "#backends/docker/terminal/attach.ts";
import type { Bottle } from "#contracts/backend.ts";
import { view, type Viewer } from "#tests/helpers/bottles.ts";
import { requireDocker } from "#tests/helpers/docker.ts";

import { plainBottles, type PlainBottles } from "../plain-bottles.ts";

describe("the terminal of a container", await requireDocker(), () => {
  let bottles: PlainBottles;
  beforeAll(() => {
    bottles = plainBottles();
  });
  afterAll(() => bottles.end());

  const viewer = (slug: string): Promise<Viewer> => view({ attach: () => attachTo(bottles.context, slug) } as Bottle);

  test("is shown with what was written before, also a line without an end, and goes on without a gap", async () => {
    await bottles.run("past", ["/bin/sh", "-c", "echo before; printf 'prompt> '; read go; echo \"got $go\"; read end"]);
    await vi.waitFor(async () => expect(await (await viewer("past")).screen()).toBe("before\nprompt>"), 10_000);
    const one = await viewer("past");
    one.terminal.write("on\r");
    expect(await one.shows("got on")).toBe("before\nprompt> on\ngot on");
    const other = await viewer("past");
    expect(await other.screen()).toBe("before\nprompt> on\ngot on");
    one.terminal.detach();
    other.terminal.detach();
    await one.ended;
  });

  test("has every number of a flood once, whoever joins in its middle", async () => {
    await bottles.run("flood", ["/bin/sh", "-c", "read go; seq 1 60000; read end"]);
    const first = await viewer("flood");
    first.terminal.write("\r");
    const others = await Promise.all([viewer("flood"), viewer("flood")]);
    for (const each of [first, ...others]) {
      const text = await each.shows(/\n60000$/);
      const numbers = text
        .split("\n")
        .filter((line) => /^\d+$/.test(line))
        .map(Number);
      expect(numbers.length).toBeGreaterThan(1500);
      expect(numbers).toEqual(numbers.map((_, index) => 60_000 - numbers.length + 1 + index));
      each.terminal.detach();
    }
  });

  test("learns of a new size, and so does every other viewer, and a later one", async () => {
    await bottles.run("size", ["/bin/sh"]);
    const [one, other] = [await viewer("size"), await viewer("size")];
    one.terminal.resize(101, 33);
    await expect.poll(() => other.events).toContainEqual({ type: "resize", cols: 101, rows: 33 });
    one.terminal.write("stty size\r");
    await one.shows("33 101");
    const later = await viewer("size");
    expect([later.terminal.cols, later.terminal.rows]).toEqual([101, 33]);
    for (const each of [one, other, later]) each.terminal.detach();
  });

  test("is interrupted in front by a signal, and its agent ended by another", async () => {
    const container = await bottles.run("signals", ["/bin/bash", "-i"]);
    const one = await viewer("signals");
    one.terminal.write("sleep 1001\r");
    await expect.poll(async () => JSON.stringify(await container.top())).toContain("sleep 1001");
    await one.terminal.signal("INT");
    one.terminal.write("echo still-$((1+1)) $?\r");
    await one.shows("still-2 130");
    await one.terminal.signal("HUP");
    await one.ended;
    expect(one.events.at(-1)).toMatchObject({ type: "exit", exit: { signal: "SIGHUP", reason: "exited" } });
  });

  test("ends with the agent: its last words, the exit as an event, and then no more", async () => {
    await bottles.run("end", ["/bin/sh", "-c", "read go; seq 1 3000; printf the-very-last; exit 3"]);
    const one = await viewer("end");
    one.terminal.write("\r");
    await one.ended;
    expect(await one.screen()).toMatch(/3000\nthe-very-last$/);
    expect(one.events.at(-1)).toMatchObject({ type: "exit", exit: { exit_code: 3, reason: "exited" } });
    await expect(attachTo(bottles.context, "end")).rejects.toMatchObject({ code: "unavailable" });
  });

  test("answers what the agent asks its terminal once, however many watch", async () => {
    const ask =
      "stty raw -echo; read -r go; printf '\\033[6n'; head -c 6 | od -An -c; sleep 0.5; stty -icanon min 0 time 5; head -c 6 | od -An -c; echo asked; sleep 1000";
    await bottles.run("asks", ["/bin/bash", "-c", ask]);
    const [one, other] = [await viewer("asks"), await viewer("asks")];
    one.terminal.write("\n");
    const text = await one.shows("asked");
    expect(text.match(/033/g)).toHaveLength(1);
    one.terminal.detach();
    other.terminal.detach();
  });
});
