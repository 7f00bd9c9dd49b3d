// Asking for another Dockerfile: the tool, its limits, its answers, and the agent's copy of the one in force.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { afterEach, describe, expect, it, vi } from "vitest";

import { INSIDE } from "#domain/boot/protocol.ts";
import { writeAtomic } from "#lib/atomic-file.ts";
import { bottlePaths } from "#lib/paths.ts";
import { decide, setApplied } from "#lib/store/decide.ts";
import { readQueue } from "#lib/store/read-queue.ts";
import { newSuperviseRoot, removeSupervises, startSupervise } from "#tests/helpers/supervise-process.ts";

afterEach(removeSupervises);

const WAIT = { timeout: 10_000 };
const DOCKERFILE = "FROM node:24-slim\nRUN apt-get update && apt-get install -y jq\n";
const ASK = { dockerfile: DOCKERFILE, justification: "jq is missing" };
const rebuilding = { args: ["--rebuild"] };
const impatient = { SUPERVISE_RESPONSE_TIMEOUT_SECONDS: "0.05" };

describe("capability-block", () => {
  it("is offered only where a bottle can be made anew", async () => {
    expect(await (await (await startSupervise()).client()).tools()).not.toContain("capability-block");
    expect(await (await (await startSupervise({}, rebuilding)).client()).tools()).toContain("capability-block");
  });

  it.each([
    ["no FROM", { ...ASK, dockerfile: "RUN true\n" }, "FROM"],
    ["nothing", { ...ASK, dockerfile: "" }, "dockerfile"],
    ["an escape that hides a line", { ...ASK, dockerfile: "FROM a\nRUN true\u001b[2K\n" }, "cannot be seen"],
    ["a direction mark", { ...ASK, dockerfile: "FROM a\n# \u202e\n" }, "cannot be seen"],
    ["a carriage return", { ...ASK, dockerfile: "FROM a\r\nRUN evil\rRUN fine\n" }, "cannot be seen"],
    ["files of a context", { ...ASK, dockerfile: "FROM a\nCOPY . /x\n" }, "line 2"],
    ["an unknown instruction", { ...ASK, dockerfile: "FROM a\nINSTALL jq\n" }, "INSTALL"],
    ["a quarter of a megabyte", { ...ASK, dockerfile: `FROM a\n${"# x\n".repeat(70_000)}` }, "dockerfile"],
    ["no reason", { ...ASK, justification: " " }, "justification"],
    ["a further field", { ...ASK, context: "." }, "context"],
  ])("refuses %s, and says what is wrong", async (_what, args, named) => {
    const supervise = await startSupervise({}, rebuilding);
    const { isError, text } = await (await supervise.client()).call("capability-block", args);
    expect([isError, text]).toEqual([true, expect.stringContaining(named)]);
    expect((await readQueue(supervise.of)).items).toEqual([]);
  });

  it("folds the same file into one proposal, and takes another one as another", async () => {
    const supervise = await startSupervise(impatient, rebuilding);
    const agent = await supervise.client();
    await agent.call("capability-block", ASK);
    expect((await agent.call("capability-block", ASK)).text).toContain("status: pending");
    await agent.call("capability-block", { ...ASK, dockerfile: `${DOCKERFILE}# more\n` });
    const { items } = await readQueue(supervise.of);
    expect(items.map(({ proposal, seen }) => [proposal.kind, proposal.origin, seen?.count ?? 1])).toEqual([
      ["capability-block", "mcp", 2],
      ["capability-block", "mcp", 1],
    ]);
  });

  it("says that the image is being built, and that the bottle was made anew", async () => {
    const supervise = await startSupervise(impatient, rebuilding);
    const { agent, id } = await approved(supervise);
    const status = () => agent.call("proposal-status", { id });
    expect((await status()).text).toContain("live: not yet, the image is being built");
    await setApplied(supervise.of, id, { ok: true, detail: "made anew" });
    expect((await status()).text).toMatch(/^status: approved\nlive: yes\n/);
  });

  it("hands on why a build failed", async () => {
    const supervise = await startSupervise(impatient, rebuilding);
    const { agent, id } = await approved(supervise);
    await setApplied(supervise.of, id, { ok: false, detail: "RUN apt-get install -y jq: exit code 100" });
    const { text } = await agent.call("proposal-status", { id });
    expect(text).toContain("live: no, it could not be applied: RUN apt-get install -y jq: exit code 100");
  });
});

async function approved(supervise: Awaited<ReturnType<typeof startSupervise>>) {
  const agent = await supervise.client();
  await agent.call("capability-block", ASK);
  const [item] = (await readQueue(supervise.of)).items;
  const { id, digest } = item!.proposal;
  const decision = { id, digest, status: "approved", scope: "session", notes: "", decided_by: "test" } as const;
  await decide(supervise.of, decision, new Date());
  return { agent, id };
}

describe("the agent's Dockerfile", () => {
  it("is the launcher's, then the approved one, and the launcher's again when that is taken back", async () => {
    const root = newSuperviseRoot();
    const paths = bottlePaths(root, "demo-abcde");
    mkdirSync(paths.agent.dir, { recursive: true });
    mkdirSync(paths.supervise.currentConfig, { recursive: true });
    writeFileSync(paths.supervise.currentDockerfile, "FROM ours\n");
    await startSupervise({}, { root });
    const shown = (): string => readFileSync(paths.supervise.currentDockerfile, "utf8");
    expect(shown()).toBe("FROM ours\n");
    await writeAtomic(paths.agent.dockerfile, DOCKERFILE);
    await vi.waitFor(() => expect(shown()).toBe(DOCKERFILE), WAIT);
    rmSync(paths.agent.dockerfile);
    await vi.waitFor(() => expect(shown()).toBe("FROM ours\n"), WAIT);
  });

  it("is the approved one from the start, and gone where nobody knows another", async () => {
    const root = newSuperviseRoot();
    const paths = bottlePaths(root, "demo-abcde");
    mkdirSync(paths.agent.dir, { recursive: true });
    writeFileSync(paths.agent.dockerfile, DOCKERFILE);
    await startSupervise({}, { root });
    expect(readFileSync(paths.supervise.currentDockerfile, "utf8")).toBe(DOCKERFILE);
    rmSync(paths.agent.dockerfile);
    await vi.waitFor(() => expect(existsSync(paths.supervise.currentDockerfile)).toBe(false), WAIT);
  });
});

describe("an address of the bottle's network", () => {
  it("is listened on as well, and on no other", async () => {
    const supervise = await startSupervise({}, { args: ["--listen", "127.0.0.3"] });
    const response = await fetch(`http://127.0.0.3:${INSIDE.supervise.port}/mcp`);
    expect(response.status).toBe(405);
    const others = Object.values(networkInterfaces()).flatMap((all) => all?.map(({ address }) => address) ?? []);
    const results = await Promise.all(
      others.filter((host) => host !== "::1" && !host.startsWith("fe80")).map((host) => reach(host)),
    );
    expect(new Set(results)).toEqual(new Set(["refused"]));
    supervise.process.kill("SIGTERM");
    expect(await supervise.exit()).toBe(0);
  });

  it("that is not ours ends the daemon with the reason", async () => {
    await expect(startSupervise({}, { args: ["--listen", "192.0.2.7"] })).rejects.toThrow(
      /192\.0\.2\.7:9100: cannot listen/,
    );
  });
});

function reach(host: string): Promise<"refused" | "connected"> {
  return new Promise((resolve) => {
    const socket = connect({ host, port: INSIDE.supervise.port });
    socket.once("connect", () => {
      socket.destroy();
      resolve("connected");
    });
    socket.once("error", () => resolve("refused"));
  });
}
