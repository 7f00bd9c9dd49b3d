// `contrib/<name>/provider.yml`: an agent that the operator adds, as data. Which keys there are, and what each may be.

import * as z from "zod";

import { routeComplaints } from "#domain/definition/bottle-rules.ts";
import { RouteListKeys } from "#domain/definition/egress.ts";
import { VARIABLE } from "#domain/definition/environment.ts";
import { PROVIDERS } from "#domain/definition/provider.ts";
import { checkYaml, type Complaint } from "#domain/problem/schema-problems.ts";
import type { Parsed } from "#domain/problem/problem.ts";
import { readYaml, type YamlPath } from "#domain/yaml-text.ts";

import { ScreenRules } from "./screen-rules.ts";
import { TaskOutput } from "./task-output.ts";

/** Where a task's text stands in `task.argv`: an argument of its own, so that no shell and no option ever sees it as anything else. */
export const PROMPT = "{prompt}";
/** In `mcp.content`: the address at which the agent asks the operator. */
export const SUPERVISE_URL = "{supervise_url}";

const argument = z.string().max(10_000);
const argv = z
  .array(argument)
  .min(1, "is empty; write the program and its arguments, each an entry")
  .refine(([program = "-"]) => program.trim() !== "", "must begin with the program");
const ARGV = argv.describe("The program and its arguments, each an entry of the list");

const homePath = z
  .string()
  .max(500)
  .refine(isBelow, "must be a path below the agent's home such as .config/agent.json: relative, and without . and ..");

const variable = z.string().regex(VARIABLE, "must be the name of a variable");

const taskArgv = argv
  .refine((args) => args.includes(PROMPT), `must have ${PROMPT} as an argument of its own: the task's text goes there`)
  .refine(
    (args) => args.every((one) => one === PROMPT || !one.includes(PROMPT)),
    `has ${PROMPT} inside another argument; it must be a whole one`,
  );

const file = z.strictObject({
  path: homePath,
  content: z.string().max(262_144),
  mode: z
    .string()
    .regex(/^0?[0-7]{3}$/, "must be octal digits such as 0600")
    .transform((text) => Number.parseInt(text, 8))
    .optional()
    .describe("Octal; 0600 when it is missing"),
  keep: z.boolean().optional().describe("Leave it as it is when the home has it already: the agent's own changes stay"),
});

export const ContributedKeys = z.strictObject({
  program: z
    .strictObject({
      name: z
        .string()
        .regex(/^[A-Za-z0-9][A-Za-z0-9._+-]*$/, "must be a program's name, without a folder")
        .describe("As argv calls it"),
      install: z.string().trim().min(1).describe("How to get it, said when it is missing"),
    })
    .optional()
    .describe("The executable, where it is not one of the system's own: the local backend takes it from this machine"),
  argv: ARGV,
  resume: ARGV.optional().describe("Instead of argv when a bottle is resumed; argv when it is missing"),
  task: z
    .strictObject({
      argv: taskArgv.describe(`For \`start --prompt\`; ${PROMPT} as a whole argument is the text`),
      resume: taskArgv.optional().describe("The same for a bottle that is resumed"),
      output: TaskOutput.optional().describe(
        "How to read what it prints; all of it is the answer when this is missing",
      ),
    })
    .optional()
    .describe("How it works on one task without a screen"),
  env: z.record(variable, z.string()).optional().describe("Variables and their values, which are no secrets"),
  placeholders: z
    .array(variable)
    .optional()
    .describe("Variables that the agent insists on: they hold egress-placeholder, the proxy adds what is real"),
  files: z.array(file).max(100).optional().describe("Files below the agent's home"),
  prompt_file: homePath.optional().describe("Where the agent definition's body is written"),
  skills: homePath.optional().describe("The folder that skills are copied into, one folder each"),
  mcp: z
    .strictObject({ path: homePath, content: z.string().max(262_144) })
    .refine(
      ({ content }) => content.includes(SUPERVISE_URL),
      `content must have ${SUPERVISE_URL} where the address goes`,
    )
    .optional()
    .describe(`A file that tells the agent of the MCP server \`supervise\`: ${SUPERVISE_URL} in it is the address`),
  routes: RouteListKeys.optional().describe(
    "As under egress.routes of a bottle; `auth.token_ref` names a variable of yours",
  ),
  screen_rules: ScreenRules.optional().describe("How its screen tells its state"),
  reports_state: z
    .boolean()
    .optional()
    .describe("It reports its own state to $SUPERVISE_STATE: its screen is not asked"),
});
export type ContributedProvider = z.infer<typeof ContributedKeys>;

/** `name`: of its folder. Refuses one of ours, whatever the file says. */
export function parseContributed(name: string, text: string, path: string): Parsed<ContributedProvider> {
  const read = readYaml(text, { path, asText });
  if (!read.ok) return read;
  const yaml = read.yaml.value === null ? { ...read.yaml, value: {} } : read.yaml;
  const complaints = [...ownName(name), ...across(mapOf(yaml.value))];
  return checkYaml(ContributedKeys, yaml, {
    complaints,
    isSecret: (at) => at.at(-1) === "token_ref" || at.at(-1) === "scheme",
  });
}

/** The JSON schema that editors use for `provider.yml`. */
export function contributedJsonSchema(): object {
  return {
    ...z.toJSONSchema(ContributedKeys, { io: "input", unrepresentable: "any" }),
    title: "bottle-dash provider.yml",
    description: "An agent that you add: ~/.bot-bottle/contrib/<name>/provider.yml",
  };
}

/** `mode: 0600` and `PORT: 8080` stay as they are written. */
function asText(path: YamlPath): boolean {
  return (path[0] === "env" && path.length === 2) || (path[0] === "files" && path[2] === "mode");
}

function ownName(name: string): Complaint[] {
  if (!PROVIDERS.some((ours) => ours === name)) return [];
  return [{ path: [], message: `\`${name}\` is a provider of ours; give the folder another name` }];
}

function* across(keys: Fields): Generator<Complaint> {
  yield* routeComplaints(keys["routes"], {}, ["routes"]);
  const { program, argv: args } = keys;
  const { name } = mapOf(program);
  if (typeof name === "string" && Array.isArray(args) && args[0] !== name) {
    yield { path: ["argv"], message: `must begin with ${JSON.stringify(name)}, the program` };
  }
  const placeholders = Array.isArray(keys["placeholders"]) ? keys["placeholders"] : [];
  for (const [index, one] of placeholders.entries()) {
    if (!Object.hasOwn(mapOf(keys["env"]), String(one))) continue;
    yield { path: ["placeholders", index], message: "is in `env` as well; write it in one of them" };
  }
}

function isBelow(path: string): boolean {
  // oxlint-disable-next-line no-control-regex -- a path with a line break is no path that anybody means
  if (/[\u0000-\u001f\u007f]/.test(path)) return false;
  return path.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

type Fields = Readonly<Record<string, unknown>>;

function mapOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}
