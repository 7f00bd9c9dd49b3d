// A provider made from what the operator wrote in `contrib/<name>/provider.yml`.

import { existsSync } from "node:fs";
import { join } from "node:path";

import type { GuestFile, ImageSource } from "#contracts/backend.ts";
import type { Provider, ProviderPlan, ProvisionSpec } from "#contracts/provider.ts";
import { skillFiles } from "#core/skills/guest-files.ts";
import type { Contributed } from "#core/definitions/contributed.ts";
import { BottleError } from "#domain/bottle-error.ts";
import { ruleHost } from "#domain/definition/egress.ts";
import { problemsError } from "#domain/problem/problem.ts";
import { type ContributedProvider, PROMPT, SUPERVISE_URL } from "#domain/provider/contributed.ts";

const PLACEHOLDER = "egress-placeholder";
const PRIVATE = 0o600;

/** Throws `invalid` with the first of what is wrong in its file. */
export function contributedAsProvider({ name, folder, parsed }: Contributed): Provider {
  if (!parsed.ok) throw problemsError(parsed.problems);
  const keys = parsed.value;
  return {
    name,
    image: imageIn(folder),
    // oxlint-disable-next-line require-await -- a provider may read the operator's machine; this one does not
    async provision(spec) {
      return plan(name, keys, spec);
    },
  };
}

function imageIn(folder: string): ImageSource {
  const path = join(folder, "Dockerfile");
  return existsSync(path) ? { kind: "dockerfile", path } : { kind: "ours", name: "bare" };
}

function plan(name: string, keys: ContributedProvider, spec: ProvisionSpec): ProviderPlan {
  const { supervise, task } = spec;
  const placeholders = keys.placeholders ?? [];
  return {
    program: keys.program,
    argv: argvOf(name, keys, spec),
    taskOutput: task === undefined ? undefined : (keys.task?.output ?? { format: "text" }),
    env: {
      ...keys.env,
      ...Object.fromEntries(placeholders.map((variable) => [variable, PLACEHOLDER])),
      ...(keys.reports_state === true && supervise !== undefined ? { SUPERVISE_STATE: supervise.state } : {}),
    },
    hidden: placeholders,
    files: filesOf(keys, spec),
    routes: routesOf(keys, spec),
    credentials: [],
    screenRules: keys.screen_rules,
    reportsState: keys.reports_state === true && supervise !== undefined,
    warnings: warningsOf(name, keys, spec),
  };
}

function argvOf(name: string, keys: ContributedProvider, { task, resume, where }: ProvisionSpec): readonly string[] {
  if (task === undefined) return resume ? (keys.resume ?? keys.argv) : keys.argv;
  if (keys.task === undefined) {
    throw new BottleError("invalid", `the provider ${name} takes no task`, {
      where: `${where}: agent_provider.template`,
      hint: "start it without --prompt, or write `task` in its provider.yml",
    });
  }
  const argv = resume ? (keys.task.resume ?? keys.task.argv) : keys.task.argv;
  return argv.map((argument) => (argument === PROMPT ? task : argument));
}

function filesOf(keys: ContributedProvider, { home, prompt, supervise, skills }: ProvisionSpec): GuestFile[] {
  const at = (path: string): string => `${home}/${path}`;
  const { mcp, prompt_file: promptFile, skills: skillsFolder } = keys;
  return [
    ...(keys.files ?? []).map(({ path, content, mode = PRIVATE, keep }) => ({
      path: at(path),
      content,
      mode,
      ...(keep === undefined ? {} : { keep }),
    })),
    ...(mcp === undefined || supervise === undefined
      ? []
      : [{ path: at(mcp.path), content: mcp.content.replaceAll(SUPERVISE_URL, () => supervise.mcp), mode: PRIVATE }]),
    ...(promptFile === undefined || prompt.trim() === ""
      ? []
      : [{ path: at(promptFile), content: prompt, mode: PRIVATE }]),
    ...(skillsFolder === undefined ? [] : skillFiles(at(skillsFolder), skills)),
  ];
}

/** The definition's own route with a credential stands in the place of the provider's for that host. */
function routesOf({ routes = [] }: ContributedProvider, spec: ProvisionSpec): ProviderPlan["routes"] {
  const brought = new Map(
    spec.routes.filter(({ auth }) => auth !== undefined).map((route) => [ruleHost(route.host), route]),
  );
  return routes.map((route) => brought.get(ruleHost(route.host)) ?? route);
}

function warningsOf(name: string, keys: ContributedProvider, { prompt, skills, supervise }: ProvisionSpec): string[] {
  return [
    ...(prompt.trim() !== "" && keys.prompt_file === undefined
      ? [`the provider ${name} names no prompt_file: the agent is not given its prompt`]
      : []),
    ...(skills.length > 0 && keys.skills === undefined
      ? [`the provider ${name} names no folder for skills: they are not copied in`]
      : []),
    ...(keys.mcp !== undefined && supervise === undefined
      ? [`the bottle has supervise off: the provider ${name} is not told where to ask you`]
      : []),
  ];
}
