import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { editBottleDefinition } from "#core/definitions/edit.ts";
import { loadDefinitions } from "#core/definitions/load.ts";
import { keepRoute, unkeepRoute } from "#domain/definition/keep-route.ts";
import type { KeptRoute } from "#domain/definition/kept-route.ts";
import { resolveBottle } from "#domain/definition/resolve.ts";
import type { Route } from "#domain/egress/route.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "definitions-"));
  mkdirSync(join(root, "bottles"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const path = (name: string) => join(root, name);
const load = () => loadDefinitions({ root, cwd: root });
const route: Route = { host: "api.example", methods: ["GET"] };

async function keep(name: string, wanted = route): Promise<KeptRoute | undefined> {
  let kept: KeptRoute | undefined;
  await editBottleDefinition(root, name, (file, options) => {
    const made = keepRoute(file, wanted, options);
    kept = made.kept;
    return made.text;
  });
  return kept;
}

describe("editBottleDefinition", () => {
  test("writes the route, keeps the file's mode, and is undone to the letter", async () => {
    const text = "---\nenv: {A: b} # mine\n---\nNotes\n";
    writeFileSync(path("bottles/dev.md"), text);
    chmodSync(path("bottles/dev.md"), 0o640);
    const kept = await keep("dev");
    expect(resolveBottle(await load(), "dev").egress.routes).toEqual([route]);
    expect(statSync(path("bottles/dev.md")).mode & 0o777).toBe(0o640);
    if (kept === undefined) throw new Error("nothing was kept");
    await editBottleDefinition(root, "dev", (file, options) => unkeepRoute(file, kept, options));
    expect(readFileSync(path("bottles/dev.md"), "utf8")).toBe(text);
  });

  test("widens no other bottle: what is inherited is copied, not changed", async () => {
    writeFileSync(path("bottles/base.md"), "---\negress: {routes: [{host: base.example}]}\n---\n");
    writeFileSync(path("bottles/dev.md"), "---\nextends: base\n---\n");
    await keep("dev");
    const definitions = await load();
    expect(resolveBottle(definitions, "dev").egress.routes.map(({ host }) => host)).toEqual([
      "base.example",
      "api.example",
    ]);
    expect(resolveBottle(definitions, "base").egress.routes.map(({ host }) => host)).toEqual(["base.example"]);
  });

  test("changes the file beneath a link and leaves the link", async () => {
    writeFileSync(path("real.md"), "---\n---\n");
    symlinkSync(path("real.md"), path("bottles/dev.md"));
    await keep("dev");
    expect(lstatSync(path("bottles/dev.md")).isSymbolicLink()).toBe(true);
    expect(readFileSync(path("real.md"), "utf8")).toContain("api.example");
  });

  test("loses none of many at once", async () => {
    writeFileSync(path("bottles/dev.md"), "---\n---\n");
    const hosts = Array.from({ length: 8 }, (_, index) => `h${index}.example`);
    await Promise.all(hosts.map((host) => keep("dev", { host })));
    expect(
      resolveBottle(await load(), "dev")
        .egress.routes.map(({ host }) => host)
        .toSorted(),
    ).toEqual(hosts);
  });

  test("knows what was contributed", async () => {
    mkdirSync(path("contrib/mine"), { recursive: true });
    writeFileSync(path("contrib/mine/provider.yml"), "argv: [mine]");
    writeFileSync(path("bottles/dev.md"), "---\nagent_provider: {template: mine}\n---\n");
    expect(await keep("dev")).toEqual({ after: route, created: "egress" });
  });

  test("writes nothing when the definition is malformed or not there", async () => {
    writeFileSync(path("bottles/dev.md"), "---\negres: {}\n---\n");
    await expect(keep("dev")).rejects.toMatchObject({ code: "invalid" });
    expect(readFileSync(path("bottles/dev.md"), "utf8")).toBe("---\negres: {}\n---\n");
    await expect(keep("gone")).rejects.toMatchObject({ code: "not-found" });
    await expect(keep("../dev")).rejects.toMatchObject({ code: "not-found" });
  });
});
