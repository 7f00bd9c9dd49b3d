// From "start this agent" to everything that is settled before anything is created.

import { randomBytes } from "node:crypto";
import { resolve } from "node:path";

import type { Backend, BottleSpec, GuestFile, LaunchPlan } from "#contracts/backend.ts";
import type { LaunchRequest, Preflight } from "#contracts/console.ts";
import { loadConfig } from "#core/definitions/load-config.ts";
import { loadDefinitions } from "#core/definitions/load.ts";
import { providerNamed } from "#core/providers/registry.ts";
import { digestWithSkills } from "#core/skills/digest.ts";
import { loadSkills } from "#core/skills/load-skills.ts";
import { BottleError } from "#domain/bottle-error.ts";
import { INSIDE } from "#domain/boot/protocol.ts";
import type { Bottle } from "#domain/definition/bottle.ts";
import { type Definitions, warningsOf } from "#domain/definition/definitions.ts";
import { readEnv } from "#domain/definition/environment.ts";
import { resolveAgent } from "#domain/definition/resolve.ts";
import { buildTable, readSecrets } from "#domain/definition/slots.ts";
import type { RouteTable } from "#domain/egress/route.ts";
import type { Metadata } from "#domain/fleet/metadata.ts";
import type { GitGate } from "#domain/git-gate/gate.ts";
import type { CredentialRecord } from "#domain/provider/credential.ts";
import type { ScreenRules } from "#domain/provider/screen-rules.ts";
import { gitConfig } from "#domain/git-gate/git-config.ts";
import { newSlug } from "#domain/slug.ts";

import { chooseBackend, wantedBackend } from "./choose-backend.ts";
import { copiedLoginWarnings } from "./copied-logins.ts";
import { planGate } from "./git-gate.ts";
import { credentialRecord, credentialWarnings, valuesOf } from "./credentials.ts";
import { guestEnv, SUPERVISE } from "./guest-env.ts";
import { imageOf } from "./image-source.ts";
import { backendWarnings } from "./backend-warnings.ts";
import { operatorSide } from "./operator-side.ts";
import { agentSecrets, type Canary, newCanary } from "./own-secrets.ts";
import { preflightLines } from "./preflight-lines.ts";
import { planSeed, type SeedPlan, seedParts, withSeed } from "./seed.ts";
import { redactionWarnings } from "./redactions.ts";
import { checkTask, withTask } from "./task.ts";

export interface LaunchContext {
  readonly root: string;
  readonly cwd: string;
  /** The operator's environment. */
  readonly env: NodeJS.ProcessEnv;
  readonly backends: readonly Backend[];
  readonly now: () => Date;
}

/** Holds secrets (in `spec`): only `preflight` and `metadata` may be shown or written. */
export interface Prepared {
  readonly preflight: Preflight;
  readonly backend: Backend;
  readonly plan: LaunchPlan;
  readonly table: RouteTable;
  readonly metadata: Metadata;
  readonly credentials: CredentialRecord;
  readonly screenRules: ScreenRules | undefined;
  readonly seed: SeedPlan | undefined;
}

/** Throws BottleError for whatever keeps the bottle from being launched; creates nothing. */
export async function prepare(request: LaunchRequest, context: LaunchContext): Promise<Prepared> {
  const settled = await settle(request, context);
  const { definitions, resolved, provider, provision, table, slots, ownEnv, questions } = settled;
  const { bottle } = resolved;
  const { config } = await loadConfig(context.root);
  const wanted = wantedBackend(request.backend, bottle, context.env, config.backend);
  const { backend, probe } = await chooseBackend(context.backends, wanted);
  const paths = { root: context.root, home: definitions.home };
  const { gate, warnings: gateWarnings } = await planGate(bottle, paths);
  const copyCwd = request.copyCwd === undefined ? undefined : resolve(context.cwd, request.copyCwd);
  const slug = request.resume ?? newSlug(request.agent, randomBytes(8));
  const canary = newCanary();
  const now = context.now();
  const seed = await planSeed(bottle, provision, { paths, env: context.env, config, backend, now });
  const spec: BottleSpec = {
    ...bottleSpec(settled, request, canary, gate, seed),
    slug,
    copyCwd,
    image: await imageOf(bottle, provider, paths),
    secrets: {
      ...readSecrets(slots, { ...context.env, ...valuesOf(provision.credentials) }),
      ...agentSecrets(bottle.env, ownEnv),
      ...canary.secret,
      ...seed?.secrets,
    },
  };
  const plan = withSeed(await backend.plan(spec), seed);
  const { task, skills } = settled;
  const shown = { copyCwd, canary: canary.text, now, seed };
  const parts = { resolved, provision, task, skills, table, slots, plan, backend, ownEnv, ...shown };
  const warnings = [
    ...definitionWarnings(definitions, bottle.chain),
    ...settled.skillWarnings,
    ...provision.warnings,
    ...credentialWarnings(provision.credentials, now),
    ...(seed?.warnings ?? []),
    ...(await copiedLoginWarnings({ copyCwd, home: paths.home, env: context.env, seed: seed?.watch.seed })),
    ...gateWarnings,
    ...redactionWarnings(spec),
    ...backendWarnings(backend, bottle),
    // The plan tells its own.
    ...probe.weaknesses.filter((weakness) => !plan.weaknesses.includes(weakness)),
  ];
  return {
    preflight: { request, slug, lines: preflightLines(parts), questions, warnings },
    backend,
    plan,
    table,
    metadata: metadataOf(settled, backend, slug, request, context),
    credentials: credentialRecord(provision.credentials, slots),
    screenRules: provision.screenRules,
    seed,
  };
}

type Settled = Awaited<ReturnType<typeof settle>>;

/** What follows from the definitions and the request alone, whatever the backend. */
async function settle(request: LaunchRequest, { root, cwd, env, now }: LaunchContext) {
  const definitions = await loadDefinitions({ root, cwd });
  const resolved = resolveAgent(definitions, request.agent);
  const { agent, bottle } = resolved;
  const where = `bottle ${bottle.name}`;
  const { skills, warnings: skillWarnings } = await loadSkills(agent, { root, cwd, home: definitions.home });
  const provider = await providerNamed(bottle.agent_provider.template, root, where);
  const task = checkTask(request.prompt);
  const provision = await provider.provision({
    settings: bottle.agent_provider,
    where,
    prompt: agent.prompt,
    task,
    resume: request.resume !== undefined,
    home: INSIDE.home,
    workspace: INSIDE.workspace,
    cwd: startsIn(request),
    routes: bottle.egress.routes,
    supervise: bottle.supervise ? SUPERVISE : undefined,
    skills,
    operator: operatorSide({ env, home: definitions.home, now: now() }),
  });
  const { env: ownEnv, questions } = readEnv(bottle.env, env, request.answers ?? {});
  const { table, slots } = buildTable(bottle, provision.routes, provision.unasked);
  const pinned: RouteTable = { ...table, hosts: { ...table.hosts, ...request.hosts } };
  const supervise = bottle.supervise ? { state: SUPERVISE.state, result: SUPERVISE.result } : undefined;
  const run = withTask(provision, task, supervise, { name: provider.name, where });
  const made = { provider, provision, skills, skillWarnings, run, task };
  return { definitions, resolved, ...made, ownEnv, questions, table: pinned, slots };
}

function bottleSpec(
  { resolved: { bottle }, provision, run, ownEnv, table }: Settled,
  request: LaunchRequest,
  canary: Canary,
  gate: GitGate | undefined,
  seed: SeedPlan | undefined,
): Omit<BottleSpec, "slug" | "copyCwd" | "image" | "secrets"> {
  return {
    argv: run.argv,
    program: provision.program,
    cwd: startsIn(request),
    env: { ...canary.env, ...ownEnv, ...provision.env, ...guestEnv() },
    files: [...run.files, canary.file, ...gitFiles(bottle, gate), ...(seed === undefined ? [] : [seed.guestFile])],
    resources: bottle.resources,
    supervise: bottle.supervise,
    upstreamCa: request.upstreamCa ?? bottle.egress.upstream_ca,
    resume: request.resume !== undefined,
    runtime: bottle.runtime,
    gitGate: gate,
    upstreamSockets: socketsOf(table),
    ...seedParts(seed),
  };
}

/** The same folder at each start of a bottle: agents find a conversation again by where they had it. */
function startsIn({ copyCwd, inWorkspace = false }: LaunchRequest): string {
  return copyCwd !== undefined || inWorkspace ? INSIDE.workspace : INSIDE.home;
}

/** At every launch anew: what the agent sets itself stands in another file. */
function gitFiles({ git_user }: Bottle, gate: GitGate | undefined): GuestFile[] {
  const content = gitConfig(git_user, gate?.repos ?? []);
  return content === "" ? [] : [{ path: `${INSIDE.home}/.gitconfig`, content, mode: 0o644 }];
}

/** The operator's own sockets that names are pinned to. */
function socketsOf({ hosts }: RouteTable): string[] {
  const pins = Object.values(hosts).filter((pin) => pin.startsWith("unix:"));
  return [...new Set(pins.map((pin) => pin.slice("unix:".length)))];
}

/** What its own file and those of its parents were warned of. */
function definitionWarnings(definitions: Definitions, chain: readonly string[]): string[] {
  return warningsOf(definitions, chain).map(({ field, message }) =>
    field === undefined || field === "" ? message : `${field}: ${message}`,
  );
}

function metadataOf(
  { resolved: { bottle, digestInput }, skills }: Settled,
  backend: Backend,
  slug: string,
  request: LaunchRequest,
  { cwd, now }: LaunchContext,
): Metadata {
  return {
    identity: slug,
    agent_name: request.agent,
    bottle: bottle.name,
    cwd,
    copy_cwd: request.copyCwd !== undefined,
    started_at: now().toISOString(),
    compose_project: "",
    backend: backend.name,
    host: backend.host,
    label: request.label ?? "",
    color: request.color ?? "",
    provider: bottle.agent_provider.template,
    definition_digest: digestWithSkills(digestInput, skills),
  };
}

/** Throws `invalid` while a `?prompt` variable has no answer. */
export function demandAnswers({ questions }: Preflight): void {
  if (questions.length === 0) return;
  throw new BottleError("invalid", `the bottle asks for ${questions.map(({ name }) => name).join(", ")}`, {
    where: "env",
    hint: "start it from a terminal, where the values are asked for without being shown",
  });
}
