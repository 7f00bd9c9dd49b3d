// The text of a definition file → the definition, or everything that is wrong with it.

import { type CheckOptions, checkYaml, type Complaint } from "#domain/problem/schema-problems.ts";
import type { Parsed } from "#domain/problem/problem.ts";
import type { YamlPath } from "#domain/yaml-text.ts";

import { AgentKeys } from "./agent.ts";
import { BottleKeys } from "./bottle.ts";
import { bottleComplaints, type Known } from "./bottle-rules.ts";
import type { AgentDefinition, BottleDefinition, Origin } from "./definitions.ts";
import { readFrontMatter } from "./front-matter.ts";

export interface DefinitionFile {
  readonly name: string;
  /** Named in problems. */
  readonly path: string;
  readonly text: string;
}

export function parseBottle({ name, path, text }: DefinitionFile, known: Known = {}): Parsed<BottleDefinition> {
  const read = readFrontMatter(text, "bottle", { path, asText: isVariable });
  if (!read.ok) return read;
  const complaints: readonly Complaint[] = bottleComplaints(read.yaml.value, known);
  const options: CheckOptions = { complaints, isSecret, elsewhere: ELSEWHERE };
  const checked = checkYaml(BottleKeys, read.yaml, options);
  if (!checked.ok) return checked;
  return { ok: true, value: { name, path, keys: checked.value }, warnings: checked.warnings };
}

export function parseAgent({ name, path, text }: DefinitionFile, from: Origin): Parsed<AgentDefinition> {
  const read = readFrontMatter(text, "agent", { path });
  if (!read.ok) return read;
  const checked = checkYaml(AgentKeys, read.yaml);
  if (!checked.ok) return checked;
  const { bottle, skills, "git-gate": gitGate } = checked.value;
  return {
    ok: true,
    value: { name, path, from, bottle, skills: skills ?? [], git_user: gitGate?.user ?? {}, prompt: read.body },
    warnings: checked.warnings,
  };
}

const ELSEWHERE = {
  tls_passthrough: "write it under `pipelock` of the route",
  ssrf_ip_allowlist: "write it under `pipelock` of the route",
  outbound_on_match: "write it under `dlp` of the route",
  inbound: "write it under `dlp` of the route",
  body_bytes: "write it under `limits` of the route",
  bytes_per_day: "write it under `limits` of a route, or under `budget` of the bottle",
  requests_per_minute: "write it under `limits` of a route, or under `budget` of the bottle",
  requests_per_day: "write it under `budget` of the bottle",
  budget: "write it beside `egress`: it is of the whole bottle",
};

/** Where somebody now and then writes a token instead of its variable's name, or a scheme with the token behind it. */
const NEAR_TOKENS: readonly unknown[] = ["auth", "token_ref", "scheme", "auth_token"];

function isSecret(path: readonly PropertyKey[]): boolean {
  return path[0] === "env" || NEAR_TOKENS.includes(path.at(-1));
}

/** A variable's value is text: `PORT: 8080` and `DEBUG: true` stay as they are written. */
function isVariable(path: YamlPath): boolean {
  return path.length === 2 && path[0] === "env";
}
