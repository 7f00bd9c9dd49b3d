import { readFileSync } from "node:fs";

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import supervised from "#core/providers/pi/inside/extension.ts";
import type { AgentReport } from "#domain/fleet/agent-report.ts";
import { decide, setApplied } from "#lib/store/decide.ts";
import { readQueue } from "#lib/store/read-queue.ts";
import { approval } from "#tests/helpers/store.ts";
import { newSuperviseRoot, removeSupervises, startSupervise } from "#tests/helpers/supervise-process.ts";

import { FakePi } from "./fake-pi.ts";

/** Its port is fixed: an address of this file's own. */
const HOST = "127.0.0.91";
const pis: FakePi[] = [];

beforeEach(() => {
  vi.stubEnv("SUPERVISE_URL", `http://${HOST}:9100/mcp`);
  vi.stubEnv("SUPERVISE_STATE", `http://${HOST}:9100/state`);
  vi.stubEnv("SUPERVISE_REPORTER", undefined);
});

afterEach(async () => {
  await Promise.all(pis.splice(0).map((pi) => pi.fire("session_shutdown", {})));
  process.exitCode = undefined;
  vi.unstubAllEnvs();
  await removeSupervises();
});

function newPi(hasUI = true): FakePi {
  const pi = new FakePi({ hasUI });
  pis.push(pi);
  supervised(pi);
  return pi;
}

function supervise(root?: string) {
  return startSupervise({}, { args: ["--listen", HOST], ...(root === undefined ? {} : { root }) });
}

const stateIn = (path: string): AgentReport | undefined => {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as AgentReport;
  } catch {
    return undefined;
  }
};

describe("the tools of a real supervise", () => {
  test("are Pi's before its first turn, under their own names, with what they are for", async () => {
    await supervise();
    const pi = newPi();
    await pi.fire("before_agent_start", {});
    expect([...pi.tools.keys()]).toEqual([
      "list-egress-routes",
      "egress-block",
      "pipelock-block",
      "ask-operator",
      "proposal-status",
    ]);
    const tool = pi.tools.get("egress-block");
    expect(tool?.description).toContain("waits for the decision");
    expect(tool?.promptSnippet).toMatch(/^Asks the operator to let requests .*\.$/);
    expect(tool?.parameters).toMatchObject({ type: "object", required: ["host", "justification"] });
    expect(tool?.parameters).not.toHaveProperty("$schema");
    const guidelines = [...pi.tools.values()].flatMap(({ promptGuidelines = [] }) => promptGuidelines);
    expect(guidelines).toEqual([expect.stringContaining("You work in a bottle")]);
  });

  test("wait for the operator, and answer with the decision", async () => {
    const { of } = await supervise();
    const pi = newPi();
    await pi.fire("before_agent_start", {});
    const answer = pi.call("egress-block", { host: "new.example.com", justification: "to build" });
    const proposal = await vi.waitUntil(async () => (await readQueue(of)).items[0]?.proposal, { timeout: 10_000 });
    await decide(of, approval(proposal), new Date());
    await setApplied(of, proposal.id, { ok: true, detail: "live", policy_version: 2 });
    expect(await answer).toContain("status: approved");
  });

  test("fail with words: of the tool, or that supervise is gone and comes back", async () => {
    const process = await supervise();
    const pi = newPi();
    await pi.fire("before_agent_start", {});
    await expect(pi.call("egress-block", { host: "https://no" })).rejects.toThrow(/host/);
    process.process.kill("SIGKILL");
    await process.exit();
    await expect(pi.call("list-egress-routes", {})).rejects.toThrow(/supervise does not answer .*try again/);
  });

  test("stop waiting when Pi's user interrupts", async () => {
    const { of } = await supervise();
    const pi = newPi();
    await pi.fire("before_agent_start", {});
    const interrupt = new AbortController();
    const answer = pi.call("egress-block", { host: "slow.example.com", justification: "x" }, interrupt.signal);
    await vi.waitUntil(async () => (await readQueue(of)).items.length === 1, { timeout: 10_000 });
    interrupt.abort();
    await expect(answer).rejects.toThrow("cancelled");
  });

  test("come with a later prompt when supervise was not there at the start, and survive its restart", async () => {
    const pi = newPi();
    await pi.fire("before_agent_start", {});
    expect(pi.tools.size).toBe(0);
    const root = newSuperviseRoot();
    const first = await supervise(root);
    await pi.fire("before_agent_start", {});
    expect(pi.tools.size).toBe(5);
    first.process.kill("SIGKILL");
    await first.exit();
    await supervise(root);
    await expect(pi.call("list-egress-routes", {})).rejects.toThrow(/egress proxy does not answer/);
  });
});

describe("its state", () => {
  test("is in the bottle's agent/state.json at each step", async () => {
    const { paths } = await supervise();
    const pi = newPi();
    const state = () => {
      const { state = "", detail = "", event = "" } = stateIn(paths.agent.state) ?? {};
      return `${state} ${event} ${detail}`.trim();
    };
    await pi.fire("session_start", {});
    await expect.poll(state).toBe("idle session_start");
    await pi.fire("agent_start", {});
    await expect.poll(state).toBe("busy agent_start");
    const call = { toolCallId: "1", toolName: "egress-block", args: { host: "new.example.com" } };
    await pi.fire("tool_execution_start", call);
    await expect.poll(state).toBe("waiting tool_execution_start asks to reach new.example.com");
    await pi.fire("tool_execution_end", call);
    await expect.poll(state).toBe("busy tool_execution_end");
    await pi.fire("agent_end", { messages: [{ role: "assistant", stopReason: "stop" }] });
    await expect.poll(state).toBe("idle agent_end");
  });

  test("is told by the first Pi of a bottle alone: one that the agent starts itself has the tools only", async () => {
    vi.stubEnv("SUPERVISE_REPORTER", "1");
    const { paths } = await supervise();
    const pi = newPi();
    await pi.fire("session_start", {});
    await pi.fire("before_agent_start", {});
    expect(pi.tools.size).toBe(5);
    expect(stateIn(paths.agent.state)).toBeUndefined();
  });
});

describe("in a bottle without supervise", () => {
  test("it offers nothing and reports nothing", async () => {
    vi.stubEnv("SUPERVISE_STATE", undefined);
    const pi = newPi();
    await pi.fire("session_start", {});
    await pi.fire("before_agent_start", {});
    expect(pi.tools.size).toBe(0);
    expect(process.env["SUPERVISE_REPORTER"]).toBeUndefined();
  });
});

describe("a run without a screen", () => {
  const ended = (stopReason: string) => ({ messages: [{ role: "assistant", stopReason, errorMessage: "401" }] });

  test("ends with 1 when the model gave no answer, and with 0 when it did after all", async () => {
    const pi = newPi(false);
    await pi.fire("agent_end", ended("error"));
    expect(process.exitCode).toBe(1);
    await pi.fire("agent_end", ended("stop"));
    expect(process.exitCode).toBe(0);
  });

  test("has no say over the exit code of one with a screen", async () => {
    await newPi(true).fire("agent_end", ended("error"));
    expect(process.exitCode).toBeUndefined();
  });
});
