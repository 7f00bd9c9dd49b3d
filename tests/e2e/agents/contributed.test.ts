// Agents that the operator adds as a provider.yml, from definition to answer, on the local backend.

import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

import { bottlePaths } from "#lib/paths.ts";
import type { AvailableRow, ListRow, PreflightRow, ProposalRow } from "#modes/json/schemas.ts";
import { startUpstream, type TestUpstream } from "#tests/helpers/egress/upstream.ts";
import { LOOP_BACKENDS } from "#tests/helpers/backends.ts";
import { COMMAND, openRoot, type OwnRoot } from "#tests/helpers/own-root.ts";

const CONTRIB = join(import.meta.dirname, "../../../fixtures/manifests/contrib");
const TOKEN = "fixture-token-0123456789abcdef";
const [MODEL, FILES] = ["model.fixture.example", "files.fixture.example"];

let own: OwnRoot;
let upstream: TestUpstream;
beforeAll(async () => {
  upstream = await startUpstream(MODEL, FILES);
  upstream.on("/think", (_request, response, body) => response.end(`thought of ${body};`));
  upstream.on("/file", (_request, response) => response.end("the file"));
  own = await openRoot({ FIXTURE_TOKEN: TOKEN, BOTTLE_BACKEND: "local" });
  cpSync(CONTRIB, join(own.root, "contrib"), { recursive: true });
  for (const folder of ["bottles", "agents"]) mkdirSync(join(own.root, folder));
  const ca = join(own.root, "upstream.pem");
  writeFileSync(ca, upstream.authority.cert);
  const egress = `egress: {upstream_ca: ${ca}, hosts: {${MODEL}: "${upstream.pin}", ${FILES}: "${upstream.pin}"}}`;
  for (const name of ["curl-agent", "node-agent", "broken"]) {
    writeFileSync(join(own.root, `bottles/${name}.md`), `---\nagent_provider: {template: ${name}}\n${egress}\n---\n`);
    writeFileSync(join(own.root, `agents/${name}.md`), `---\nbottle: ${name}\n---\nBe brief.\n`);
  }
  mkdirSync(join(own.root, "contrib/broken"));
  writeFileSync(join(own.root, "contrib/broken/provider.yml"), "argv: [broken]\nreports_stat: true\n");
});
afterAll(async () => {
  await own.close();
  await upstream.close();
});

describe("a shell script with curl", () => {
  test("is given a task, asks for a host over MCP, goes on once it is allowed, and answers", async () => {
    const { env, root } = own;
    const args = [COMMAND[1], "start", "curl-agent", "--yes", "--json", "--prompt", 'look; "it" up $HOME'];
    const started = execa(COMMAND[0], args, { env, cwd: root, reject: false, stdin: "ignore" });
    const proposal = await vi.waitFor(
      async () => {
        const [found] = await own.json<ProposalRow[]>("proposals");
        if (found === undefined) throw new Error("nothing is asked");
        return found;
      },
      { timeout: 30_000, interval: 200 },
    );
    expect(proposal).toMatchObject({ kind: "egress-block", payload: { host: FILES, methods: ["GET"] } });
    const [row] = await own.json<ListRow[]>("list");
    expect(row).toMatchObject({ provider: "curl-agent", state: "waiting", credential: null });
    await own.run("approve", proposal.id);

    const { stdout, stderr, exitCode } = await started;
    expect(`${stderr} ${exitCode}`).toBe(`${stderr} 0`);
    expect(JSON.parse(stdout)).toMatchObject({
      slug: proposal.bottle_slug,
      exit_code: 0,
      message: 'Be brief. thought of look; "it" up $HOME; the file',
    });
    const [think] = upstream.seen;
    expect(think?.headers["authorization"]).toBe(`Bearer ${TOKEN}`);
    const { state } = bottlePaths(root, proposal.bottle_slug);
    const { stdout: found } = await execa("grep", ["-rl", TOKEN, state], { reject: false });
    expect(found).toBe("");
  });
});

describe.each(LOOP_BACKENDS)("a Node program, $name", ({ name, required }) => {
  test("tells its state by its screen, and is resumed as its file says", required, async () => {
    const started = await own.json<{ slug: string }>("start", "node-agent", "--yes", "--detach", "--backend", name);
    const { slug } = started;
    const { agent } = bottlePaths(own.root, slug);
    expect(JSON.parse(readFileSync(agent.screenRules, "utf8"))).toMatchObject({
      rules: [{ id: "asks" }, { id: "works" }],
    });
    const row = async () => (await own.json<ListRow[]>("list")).find((one) => one.slug === slug);
    await expect.poll(async () => (await row())?.state, { timeout: 20_000, interval: 300 }).toBe("waiting");
    await own.run("stop", slug, "--yes");
    await own.run("resume", slug, "--detach");
    await expect
      .poll(() => own.run("logs", slug, "--source", "agent"), { timeout: 20_000, interval: 300 })
      .toContain("so far: new, again");
    await own.run("stop", slug, "--yes");
  });
});

describe("a provider without a task", () => {
  test("takes no task, and says so before anything is made", async () => {
    const before = await own.json<ListRow[]>("list");
    const { exitCode, stderr } = await own.attempt("start", "node-agent", "--yes", "--prompt", "x");
    expect(exitCode).toBe(2);
    expect(stderr).toContain("the provider node-agent takes no task");
    expect(await own.json<ListRow[]>("list")).toHaveLength(before.length);
  });

  test("shows what it is before it starts", async () => {
    const { lines } = await own.json<PreflightRow>("start", "node-agent", "--dry-run");
    expect(lines).toContainEqual({ label: "provider", text: "node-agent" });
  });
});

describe("a malformed one", () => {
  test("costs its own definitions alone: each of them says why, the others go on", async () => {
    const agents = await own.json<AvailableRow[]>("list", "available");
    const problemOf = (name: string) => agents.find(({ agent }) => agent === name)?.problem;
    expect(problemOf("broken")).toContain("did you mean `reports_state`?");
    expect([problemOf("curl-agent"), problemOf("node-agent")]).toEqual([null, null]);
    const { exitCode, stderr } = await own.attempt("start", "broken", "--yes");
    expect(exitCode).toBe(2);
    expect(stderr).toContain("contrib/broken/provider.yml:2: reports_stat");
    const { stdout } = await own.attempt("doctor", "--json");
    const rows = JSON.parse(stdout) as { name: string; state: string }[];
    expect(rows.filter(({ name }) => name.startsWith("provider ")).map(({ name, state }) => [name, state])).toEqual([
      ["provider broken", "warning"],
      ["provider curl-agent", "ok"],
      ["provider node-agent", "ok"],
    ]);
  });
});
