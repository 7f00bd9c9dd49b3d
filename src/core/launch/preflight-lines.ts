// What the operator reads before a launch: everything that is settled, nothing that is secret.

import type { Backend, ImageSource, LaunchPlan } from "#contracts/backend.ts";
import type { Preflight } from "#contracts/console.ts";
import type { ProviderPlan } from "#contracts/provider.ts";
import { sizeWords } from "#core/skills/limits.ts";
import type { LoadedSkill } from "#core/skills/load-skills.ts";
import type { ResolvedAgent } from "#domain/definition/resolve.ts";
import type { Slot } from "#domain/definition/slots.ts";
import type { RouteTable, TableRoute } from "#domain/egress/route.ts";
import { budgetWords, routeWords } from "#domain/egress/route-words.ts";
import { plainLine } from "#domain/plain-text.ts";
import { sizeText } from "#domain/size.ts";

import { credentialLines } from "./credentials.ts";
import type { SeedPlan } from "./seed.ts";

export interface PreflightParts {
  readonly resolved: ResolvedAgent;
  readonly provision: ProviderPlan;
  readonly task: string | undefined;
  readonly skills: readonly LoadedSkill[];
  readonly table: RouteTable;
  /** By what name the operator knows the credentials. */
  readonly slots: readonly Slot[];
  readonly plan: LaunchPlan;
  readonly backend: Pick<Backend, "name" | "host">;
  /** The definition's own variables: only their names are shown. */
  readonly ownEnv: Readonly<Record<string, string>>;
  readonly copyCwd: string | undefined;
  /** Where it is planted; never its value. */
  readonly canary: string;
  readonly now: Date;
  readonly seed: SeedPlan | undefined;
}

type Line = Preflight["lines"][number];

export function preflightLines(parts: PreflightParts): Line[] {
  const { resolved, provision, task, skills, plan, table, slots, backend, ownEnv, copyCwd, canary } = parts;
  const { agent, bottle } = resolved;
  const names = [
    ...Object.keys(ownEnv),
    ...Object.keys(provision.env).filter((name) => !provision.hidden.includes(name)),
  ];
  const lines: Line[] = [
    { label: "agent", text: `${agent.name} (from the ${resolved.from})` },
    { label: "bottle", text: bottle.name },
    { label: "provider", text: bottle.agent_provider.template },
    { label: "runs", text: plainLine(provision.argv.map((word) => (word === task ? "<task>" : word)).join(" ")) },
    ...(task === undefined ? [] : [{ label: "task", text: plainLine(task) }]),
    { label: "backend", text: `${backend.name} (${plan.mechanism})` },
    ...(backend.host === "local" ? [] : [{ label: "host", text: plainLine(backend.host) }]),
    ...imageLines(plan, backend.name),
    ...programLines(plan),
    ...resourceLines(plan),
    ...skills.map((skill) => ({ label: "skill", text: skillText(skill) })),
    { label: "env", text: names.length === 0 ? "nothing of its own" : names.toSorted().join(", ") },
    { label: "workspace", text: copyCwd === undefined ? "empty" : `a copy of ${copyCwd}` },
    ...gitLines(resolved, plan),
    ...credentialLines(provision.credentials, parts.now),
    ...(parts.seed === undefined ? [] : [parts.seed.line]),
    ...routeLines(table, slots),
    ...(plan.spec.upstreamCa === undefined ? [] : [{ label: "upstream CA", text: plainLine(plan.spec.upstreamCa) }]),
    { label: "unknown hosts", text: table.on_unknown_host === "hold" ? "are held while you decide" : "are blocked" },
    ...(table.budget === undefined ? [] : [{ label: "budget", text: budgetWords(table.budget).join(", ") }]),
    { label: "canary", text: canary },
    ...plan.enforces.map((text) => ({ label: "enforces", text })),
    ...plan.weaknesses.map((text) => ({ label: "not enforced", text })),
  ];
  return lines;
}

function skillText({ name, files, from }: LoadedSkill): string {
  return `${name} (${sizeWords(files)}, from ${from})`;
}

/** The local backend takes this machine's own programs, and no image. */
function imageLines({ spec }: LaunchPlan, backend: string): Line[] {
  if (backend === "local") return [];
  return [
    { label: "image", text: imageText(spec.image) },
    ...(spec.runtime === undefined ? [] : [{ label: "runtime", text: plainLine(spec.runtime) }]),
  ];
}

/** Which of this machine's files the agent is, since the operator may have several. */
function programLines({ program }: LaunchPlan): Line[] {
  if (program === undefined) return [];
  const { file, shown, version } = program;
  const packages = shown === file ? "" : `, with ${shown}`;
  const text = `${version === undefined ? "" : `${version}: `}${file}${packages} (read-only)`;
  return [{ label: "program", text: plainLine(text) }];
}

function imageText(image: ImageSource): string {
  return image.kind === "ours" ? `${image.name}, built from our Dockerfile` : plainLine(image.path);
}

function resourceLines({ spec: { resources } }: LaunchPlan): Line[] {
  const { cpus, memory, pids } = resources;
  const parts = [
    ...(cpus === undefined ? [] : [`${cpus} ${cpus === 1 ? "cpu" : "cpus"}`]),
    ...(memory === undefined ? [] : [`${sizeText(memory)} of memory`]),
    ...(pids === undefined ? [] : [`${pids} processes`]),
  ];
  return parts.length === 0 ? [] : [{ label: "resources", text: parts.join(", ") }];
}

function gitLines({ bottle: { git_user } }: ResolvedAgent, { spec }: LaunchPlan): Line[] {
  const { name = "", email = "" } = git_user;
  const identity = [name, email === "" ? "" : `<${email}>`].filter((part) => part !== "").join(" ");
  return [
    ...(identity === "" ? [] : [{ label: "git identity", text: plainLine(identity) }]),
    ...(spec.gitGate?.repos ?? []).map(({ name: repo, host, port, force_push }) => ({
      label: "git gate",
      text: `${repo} → ${host.includes(":") ? `[${host}]` : host}:${port}${force_push ? " (rewriting history allowed)" : ""}`,
    })),
  ];
}

function routeLines({ routes, hosts }: RouteTable, slots: readonly Slot[]): Line[] {
  if (routes.length === 0) return [{ label: "egress", text: "nothing is allowed yet" }];
  const pinned = Object.entries(hosts).map(([name, address]) => ({ label: "pinned", text: `${name} → ${address}` }));
  return [...routes.map((route) => ({ label: "egress", text: routeText(route, slots) })), ...pinned];
}

function routeText(route: TableRoute, slots: readonly Slot[]): string {
  const { host, port, auth, methods, path_allowlist: paths } = route;
  const words = routeWords(route);
  const where = port === undefined || port === 443 ? host : `${host}:${port}`;
  const what = [methods?.join("|"), paths?.join(" ")].filter((part) => part !== undefined).join(" ");
  const variable = slots.find(({ slot }) => slot === auth?.slot)?.variable;
  const from = variable === undefined ? "" : ` from $${variable}`;
  const credential = auth === undefined ? "" : ` [auth:${auth.scheme}${from}]`;
  return `${where}${what === "" ? "" : ` ${what}`}${credential}${words.length === 0 ? "" : ` (${words.join(", ")})`}`;
}
