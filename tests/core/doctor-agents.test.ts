import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, onTestFinished, test } from "vitest";

import { agentItems, wantedTemplates } from "#core/doctor-agents.ts";

test("says of each agent of ours where it is or how to get it, and warns where a definition wants it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "doctor-agents-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "codex"), "");
  chmodSync(join(folder, "codex"), 0o700);
  writeFileSync(join(folder, "pi"), "cannot be run");
  chmodSync(join(folder, "pi"), 0o600);
  mkdirSync(join(folder, "bottles"));
  writeFileSync(join(folder, "bottles/dev.md"), "---\nagent_provider: {template: claude}\n---\n");
  const items = await agentItems(`.:${folder}:/nowhere`, await wantedTemplates(folder));
  expect(items.map(({ name, state, detail }) => [name, state, detail])).toEqual([
    ["agent claude", "warning", "is not on your PATH: only a docker bottle can run it"],
    ["agent codex", "ok", join(folder, "codex")],
    ["agent pi", "ok", "is not on your PATH: only a docker bottle can run it"],
  ]);
  expect(items[0]?.hint).toBe("install it: `npm install --global @anthropic-ai/claude-code`");
});
