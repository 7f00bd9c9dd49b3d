// The stand-in for the hosts of models, in the test's own process, with a folder and credentials of its own.

import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { MODEL_HOSTS } from "#fixtures/model-api/hosts.ts";
import { checkScenario, readScenario } from "#fixtures/model-api/scenario.ts";
import { type ModelApi, startModelApi } from "#fixtures/model-api/server.ts";

export interface ModelChoice {
  /** A name in fixtures/model-api/scenarios, or the turns themselves. */
  readonly scenario: string | { readonly turns: readonly object[] };
  /** The credentials that are right; without any, one is made up. */
  readonly credentials?: readonly string[];
  /** Further hosts that its certificate is for. */
  readonly hosts?: readonly string[];
  readonly loopback?: boolean;
}

export interface TestModel extends ModelApi {
  /** The first of the right credentials. */
  readonly credential: string;
  /** For `egress.hosts` of a bottle: each host of models → its socket. */
  readonly pins: Readonly<Record<string, string>>;
}

export async function openModel(choice: ModelChoice): Promise<TestModel> {
  const folder = await mkdtemp(join(tmpdir(), "model-api-"));
  const credentials = choice.credentials ?? [`made-up-${randomBytes(24).toString("hex")}`];
  const scenario =
    typeof choice.scenario === "string"
      ? readScenario(join(SCENARIOS, `${choice.scenario}.yaml`))
      : checkScenario(choice.scenario, "scenario of the test");
  const { hosts = [], loopback = false } = choice;
  const model = await startModelApi({ scenario, folder, credentials, hosts, loopback });
  return {
    ...model,
    credential: credentials[0] ?? "",
    pins: Object.fromEntries([...MODEL_HOSTS, ...hosts].map((host) => [host, `unix:${model.socket}`])),
    async close() {
      await model.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const SCENARIOS = join(import.meta.dirname, "../../../fixtures/model-api/scenarios");
