import { expect, test } from "vitest";

import { command } from "#core/providers/command/provider.ts";
import { provisionSpec } from "#tests/helpers/provision.ts";

async function planned(argv: string[], task: string | undefined) {
  return await command.provision(provisionSpec({ template: "command", command: argv }, { task }));
}

test("gives a task as a variable, and says so where nothing shows that it is read", async () => {
  const plan = await planned(["bash", "-l"], "mend it");
  expect(plan.env).toMatchObject({ BOTTLE_TASK: "mend it" });
  expect(plan.warnings).toEqual([expect.stringContaining("in $BOTTLE_TASK alone")]);
});

test("has nothing to say of a command that reads it, nor without a task", async () => {
  expect((await planned(["sh", "-c", 'my-agent "$BOTTLE_TASK"'], "mend it")).warnings).toEqual([]);
  expect((await planned(["bash", "-l"], undefined)).warnings).toEqual([]);
});
