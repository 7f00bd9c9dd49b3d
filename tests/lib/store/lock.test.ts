import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { withLock } from "#lib/store/lock.ts";
import { kill, newRoot, outputOf, printed, runModule } from "#tests/helpers/store.ts";

const HOLD = `
  import { withLock } from "#lib/store/lock.ts";
  await withLock(process.argv.at(-1), async () => {
    console.log("held");
    await new Promise((resolve) => process.stdin.once("data", resolve));
  });
  process.exit(0);
`;

describe("a lock", () => {
  test("lets one task in at a time, and is gone afterwards", async () => {
    const path = join(newRoot(), "deep", "down", ".lock");
    let inside = 0;
    let most = 0;
    const task = () =>
      withLock(path, async () => {
        most = Math.max(most, ++inside);
        await new Promise(setImmediate);
        inside -= 1;
      });
    await Promise.all(Array.from({ length: 20 }, task));
    expect(most).toBe(1);
    expect(readdirSync(join(path, ".."))).toEqual([]);
  });

  test("gives back what the task gives, and is free after a task that threw", async () => {
    const path = join(newRoot(), ".lock");
    await expect(withLock(path, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await withLock(path, () => Promise.resolve(7))).toBe(7);
  });

  test("keeps other processes out, and says who holds it when it does not come free", async () => {
    const path = join(newRoot(), ".lock");
    const child = runModule(HOLD, [path]);
    await printed(child, "held");
    const waiting = withLock(path, () => Promise.resolve(), 60);
    await expect(waiting).rejects.toMatchObject({
      code: "failed",
      message: expect.stringContaining(`process ${child.pid}`) as string,
    });
    const free = withLock(path, () => Promise.resolve("mine"));
    child.stdin?.write("go\n");
    expect(await free).toBe("mine");
  });

  test("is taken over at once from a process that was killed", async () => {
    const path = join(newRoot(), ".lock");
    const child = runModule(HOLD, [path]);
    await printed(child, "held");
    await kill(child);
    expect(readdirSync(join(path, ".."))).toEqual([".lock"]);
    const start = performance.now();
    expect(await withLock(path, () => Promise.resolve("mine"))).toBe("mine");
    expect(performance.now() - start).toBeLessThan(1000);
    expect(readdirSync(join(path, ".."))).toEqual([]);
  });

  test("is taken over from a killed process that nobody has reaped yet", async () => {
    const path = join(newRoot(), ".lock");
    // The shell execs sleep over itself and so never reaps its child, which stays a zombie that "exists".
    const source = `
      import { spawn } from "node:child_process";
      const path = process.argv.at(-1);
      const holder = "import { withLock } from '#lib/store/lock.ts'; await withLock(process.argv.at(-1), async () => { console.log('held ' + process.pid); process.kill(process.pid, 'SIGKILL'); });";
      const shell = spawn("sh", ["-c", '"$0" --input-type=module-typescript --no-warnings -e "$1" -- "$2" & exec sleep 60', process.execPath, holder, path], { stdio: ["ignore", "inherit", "inherit"] });
      process.stdin.once("data", () => { shell.kill("SIGKILL"); process.exit(0); });
    `;
    const parent = runModule(source, [path]);
    await printed(parent, "held");
    await expect.poll(() => holderState(path)).toBe("Z");
    expect(await withLock(path, () => Promise.resolve("mine"))).toBe("mine");
    const ended = outputOf(parent);
    parent.stdin?.write("end\n");
    await ended;
  });

  test.each([
    ["another boot", { boot: "00000000-0000-0000-0000-000000000000" }],
    ["a pid that another process has now", { start: "1" }],
    ["a pid that nobody has", { pid: 4_194_303 }],
  ])("is taken over from a holder of %s", async (_name, change) => {
    const path = join(newRoot(), ".lock");
    const holder = await withLock(path, () => Promise.resolve(JSON.parse(readFileSync(path, "utf8")) as object));
    writeFileSync(path, JSON.stringify({ ...holder, ...change }));
    expect(await withLock(path, () => Promise.resolve("mine"), 2000)).toBe("mine");
  });

  test("is not taken from a holder in another container, whom nobody can look at", async () => {
    const path = join(newRoot(), ".lock");
    const holder = await withLock(path, () => Promise.resolve(JSON.parse(readFileSync(path, "utf8")) as object));
    writeFileSync(path, JSON.stringify({ ...holder, pid: 4_194_303, namespace: "pid:[1]" }));
    await expect(withLock(path, () => Promise.resolve(), 60)).rejects.toMatchObject({ code: "failed" });
  });

  test.each(["", "{", "null", '{"pid": 1}'])(
    "is taken over when its file says only %j, as a power cut leaves it",
    async (text) => {
      const path = join(newRoot(), ".lock");
      writeFileSync(path, text);
      expect(await withLock(path, () => Promise.resolve("mine"), 2000)).toBe("mine");
    },
  );

  test("stays whole while its holders are killed at random", async () => {
    const root = newRoot();
    const path = join(root, ".lock");
    mkdirSync(join(root, "log"));
    // Every holder writes a mark on entering and takes it away before leaving: a second one inside would meet a mark of a living one.
    const source = `
      import { readdirSync, rmSync, writeFileSync } from "node:fs";
      import { withLock } from "#lib/store/lock.ts";
      const root = process.argv.at(-1);
      console.log("go");
      for (;;) {
        await withLock(root + "/.lock", async () => {
          for (const pid of readdirSync(root + "/log")) {
            let lives = true;
            try { process.kill(Number(pid), 0); } catch { lives = false; }
            if (lives && Number(pid) !== process.pid) writeFileSync(root + "/broken", pid + " and " + process.pid);
            else rmSync(root + "/log/" + pid, { force: true });
          }
          writeFileSync(root + "/log/" + process.pid, "");
          await new Promise(setImmediate);
          rmSync(root + "/log/" + process.pid, { force: true });
        });
      }
    `;
    for (let round = 0; round < 6; round++) {
      const children = [runModule(source, [root]), runModule(source, [root])];
      await Promise.all(children.map((child) => printed(child, "go")));
      await withLock(path, () => Promise.resolve()); // they are at it
      await Promise.all(children.map((child) => kill(child)));
    }
    expect(readdirSync(root)).not.toContain("broken");
    expect(await withLock(path, () => Promise.resolve("mine"), 2000)).toBe("mine");
  }, 30_000);
});

function holderState(path: string): string | undefined {
  const { pid } = JSON.parse(readFileSync(path, "utf8")) as { pid: number };
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  return text.slice(text.lastIndexOf(")") + 2)[0];
}
