// The same loop without a screen: two commands and --json.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { LOOP_BACKENDS } from "#tests/helpers/backends.ts";
import { openRoot, type OwnRoot } from "#tests/helpers/own-root.ts";

interface ProposalRow {
  readonly id: string;
  readonly kind: string;
  readonly status: string;
  readonly applied: { ok: boolean; detail: string } | null;
  readonly used: { count: number } | null;
}

describe("the loop from the command line", () => {
  for (const { name, required, env } of LOOP_BACKENDS) {
    describe(`on ${name}`, required, () => {
      loop(env);
    });
  }
});

function loop(env: Readonly<Record<string, string>>): void {
  let own: OwnRoot;
  beforeEach(async () => {
    own = await openRoot(env);
  });
  afterEach(async () => await own.close());

  const pending = async (kind: string): Promise<ProposalRow> =>
    await vi.waitFor(
      async () => {
        const rows = await own.json<ProposalRow[]>("proposals");
        const found = rows.find((row) => row.kind === kind);
        if (found === undefined) throw new Error(`no ${kind} in ${JSON.stringify(rows)}`);
        return found;
      },
      { timeout: 30_000, interval: 200 },
    );
  const logged = async (slug: string, text: string): Promise<void> =>
    await vi.waitFor(async () => expect(await own.run("logs", slug, "--source", "agent")).toContain(text), {
      timeout: 30_000,
      interval: 200,
    });

  it("starts the demo, approves what it asks for, and sees it used", async () => {
    const { slug } = await own.json<{ slug: string }>("demo", "--detach");
    const { id } = await pending("egress-block");
    const decision = await own.json<{ status: string; applied: { ok: boolean } }>("approve", id, "--yes");
    expect(decision).toMatchObject({ status: "approved", applied: { ok: true } });
    await logged(slug, "fetched left-pad@1.3.0");
    await vi.waitFor(async () => {
      const all = await own.json<ProposalRow[]>("proposals", "--all");
      expect(all.find((row) => row.id === id)).toMatchObject({ status: "approved", used: { count: 1 } });
    });

    const again = await own.attempt("approve", id, "--yes");
    expect(again.exitCode).toBe(1);
    expect(again.stderr).toMatch(/approved already, by \S+@\S+/);

    const undone = await own.attempt("undo", id);
    expect(undone.exitCode).toBe(0);
    const verdict = await own.json<{ verdict: string }>(
      "egress",
      slug,
      "test",
      "https://packages.demo.test/packages/left-pad",
    );
    expect(verdict.verdict).toBe("block");

    const question = await pending("question");
    await own.run("reject", question.id, "--reason", "decide yourself");
    await logged(slug, "the operator says: decide yourself");
    await logged(slug, "no signing key");
    await vi.waitFor(async () =>
      expect(await own.json("list")).toMatchObject([{ slug, state: "crashed", exit_code: 1 }]),
    );
    expect(await own.run("crash-logs", slug)).toContain("no signing key");
    expect(await own.run("audit", "verify", slug)).toContain(slug);
  });

  it("stops a bottle, keeps its home, resumes it, and cleans it up", async () => {
    await own.define("keeper", ["bash", "-c", "cat note 2>/dev/null || echo fresh; echo kept > note; exec sleep 600"]);
    const { slug } = await own.json<{ slug: string }>("start", "keeper", "--yes", "--detach");
    await logged(slug, "fresh");
    await vi.waitFor(async () => expect(await own.json("list")).toMatchObject([{ slug, state: "idle" }]), {
      timeout: 10_000,
      interval: 200,
    });
    await own.run("stop", slug, "--yes");
    expect(await own.json("list")).toMatchObject([{ slug, state: "stopped" }]);
    await own.run("resume", slug, "--detach");
    await logged(slug, "kept");
    const refused = await own.attempt("cleanup", slug, "--yes");
    expect(refused.stdout + refused.stderr).toContain("stop it first");
    await own.run("stop", slug, "--yes");
    await own.run("cleanup", slug, "--yes");
    const gone = await own.attempt("logs", slug);
    expect(gone.exitCode).toBe(1);
  });
}
