import { readFileSync } from "node:fs";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { approve } from "#core/decide/decide.ts";
import { type Desk, openDesk } from "#core/decide/desk.ts";
import { undoDecision } from "#core/decide/undo.ts";
import type { Proposal } from "#domain/proposal/proposal.ts";
import { writeAtomic } from "#lib/atomic-file.ts";
import { verifyAuditLog } from "#lib/store/audit-log.ts";
import { createProposal } from "#lib/store/create-proposal.ts";
import { readRoutes } from "#lib/store/routes-file.ts";
import { type EgressProcess, startEgress } from "#tests/helpers/egress/proxy.ts";
import { blocked, NOW } from "#tests/helpers/store.ts";

let egress: EgressProcess;
let desk: Desk;

beforeEach(async () => {
  egress = await startEgress();
  desk = openDesk(egress.of.root);
  const metadata = {
    identity: egress.of.slug,
    agent_name: "demo",
    started_at: NOW.toISOString(),
    bottle: "dev",
  };
  await writeAtomic(egress.paths.metadata, JSON.stringify(metadata));
  await writeAtomic(`${egress.of.root}/bottles/dev.md`, "---\nsupervise: true\n---\n");
});

afterEach(async () => {
  await egress.remove();
});

async function asked(host: string): Promise<Proposal> {
  return (await createProposal(egress.of, blocked({ host, methods: ["GET"] }), new Date())).proposal;
}

const yes = ({ id, digest }: Proposal, scope: "session" | "manifest" = "session") =>
  approve(desk, egress.of.slug, id, { digest, scope });
const hosts = async () => (await egress.status()).table.routes.map(({ host }) => host);

describe("a decision with the real proxy", () => {
  test("is live when it says so, and gone when it is undone", async () => {
    const proposal = await asked("api.example.com");
    expect((await egress.test("https://api.example.com/")).verdict).toBe("block");
    const decision = await yes(proposal);
    expect(decision.applied).toEqual({ ok: true, detail: "live", policy_version: (await egress.status()).version });
    expect((await egress.test("https://api.example.com/")).verdict).toBe("allow");
    expect((await egress.test("https://api.example.com/", "POST")).verdict).toBe("block");
    expect((await undoDecision(desk, egress.of.slug, proposal.id, "")).applied).toMatchObject({ ok: true });
    expect((await egress.test("https://api.example.com/")).verdict).toBe("block");
    expect(await verifyAuditLog(egress.of)).toMatchObject({ ok: true });
  });

  test("waits for a proxy that was killed and is started again", async () => {
    const proposal = await asked("api.example.com");
    const ended = egress.exited();
    egress.signal("SIGKILL");
    await ended;
    const deciding = yes(proposal);
    await expect.poll(async () => (await readRoutes(egress.of)).table.routes.length).toBe(1);
    await egress.restart();
    expect((await deciding).applied).toMatchObject({ ok: true });
    expect(await hosts()).toEqual(["api.example.com"]);
  });

  test("that came while the proxy was dead for good is not live when one starts later", async () => {
    const proposal = await asked("api.example.com");
    const ended = egress.exited();
    egress.signal("SIGKILL");
    await ended;
    expect(
      (
        await approve({ ...desk, liveWithin: 200 }, egress.of.slug, proposal.id, {
          digest: proposal.digest,
          scope: "session",
        })
      ).applied,
    ).toEqual({
      ok: false,
      detail: "its egress proxy does not answer; the rule was taken back",
    });
    await egress.restart();
    expect(await hosts()).toEqual([]);
  });

  test("can be kept in the definition", async () => {
    await yes(await asked("api.example.com"), "manifest");
    expect(readFileSync(`${egress.of.root}/bottles/dev.md`, "utf8")).toContain("host: api.example.com");
    expect(await hosts()).toEqual(["api.example.com"]);
  });
});
