// A proposed Dockerfile from its approval to the bottle that is made from it, and back, on a real daemon.

import { afterEach, describe, expect, test } from "vitest";

import type { Decision, Undo } from "#domain/proposal/decision.ts";
import { createProposal } from "#lib/store/create-proposal.ts";
import { requireDocker } from "#tests/helpers/docker.ts";
import { openRoot, type OwnRoot } from "#tests/helpers/own-root.ts";

let own: OwnRoot;

afterEach(async () => {
  for (const { slug } of await own.json<{ slug: string }[]>("list")) await own.attempt("stop", slug);
  await own.attempt("cleanup", "--yes", "--force");
  await own.close();
});

async function proposed(slug: string, dockerfile: string): Promise<string> {
  const draft = { kind: "capability-block", payload: { dockerfile }, justification: "", origin: "mcp" } as const;
  return (await createProposal({ root: own.root, slug }, draft, new Date())).proposal.id;
}

describe("a proposed Dockerfile", await requireDocker(), () => {
  test("becomes what the bottle is made from with its home kept, and is taken back", { timeout: 300_000 }, async () => {
    own = await openRoot({ BOTTLE_BACKEND: "docker" });
    await own.define("dev", ["sh", "-c", "while :; do sleep 1; done"]);
    const { slug } = await own.json<{ slug: string }>("start", "dev", "--yes", "--detach");
    const inside = (script: string): Promise<string> => own.run("exec", slug, "--", "sh", "-c", script);
    await inside("echo mine > ~/kept");
    const current = "/etc/bot-bottle/current-config/Dockerfile";
    const before = await inside(`cat ${current}`);
    expect(before).toContain("FROM node:24-slim");

    const broken = await proposed(slug, "FROM node:24-slim\nRUN echo almost && exit 7\n");
    const failed = await own.attempt("approve", broken, "--json");
    expect(failed.exitCode).toBe(1);
    expect((JSON.parse(failed.stdout) as Decision).applied).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/^failed at "build the images".*almost.*the bottle goes on as it was$/),
    });
    expect(await inside("cat ~/kept")).toBe("mine");

    const file = "FROM node:24-slim\nRUN echo rebuilt > /etc/proof\n";
    const id = await proposed(slug, file);
    const approved = await own.json<Decision>("approve", id);
    expect(approved.applied).toMatchObject({ ok: true });
    expect(await inside(`cat ~/kept /etc/proof; cat ${current}`)).toBe(`mine\nrebuilt\n${file.trimEnd()}`);

    const undone = await own.json<Undo>("undo", id);
    expect(undone.applied).toEqual({ ok: true, detail: "the bottle was made anew from what it was made from before" });
    expect(await inside(`cat ~/kept; test -e /etc/proof || echo gone; cat ${current}`)).toBe(`mine\ngone\n${before}`);
    const actions = (await own.json<{ action: string }[]>("audit", "show", slug)).map(({ action }) => action);
    expect(actions.filter((action) => action === "rebuild")).toHaveLength(3);
  });
});
