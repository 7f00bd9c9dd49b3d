// `config.yml`: the dashboard's own settings. Every key is optional; a missing file is all defaults.

import * as z from "zod";

import { BACKEND_NAME, BACKEND_RULE } from "#domain/definition/backend-name.ts";
import { VARIABLE } from "#domain/definition/environment.ts";
import { checkYaml } from "#domain/problem/schema-problems.ts";
import type { Parsed } from "#domain/problem/problem.ts";
import { readYaml } from "#domain/yaml-text.ts";

import { DockerHosts } from "./docker-hosts.ts";

const KEYS = "must be a key such as ctrl-s, or a list of keys";

const key = z.string().min(1).max(20).describe("a key by its name: j, G, ctrl-s, alt-x, enter, shift-tab");

export const Config = z.strictObject({
  keys: z
    .record(
      z.string().regex(/^[a-z][a-z0-9-]*$/, "must be the id of an action, as the help shows it"),
      z.union([z.array(key), key], { error: KEYS }),
    )
    .describe("Other keys for actions: action id → a key or a list of keys; an empty list unbinds the action")
    .default({}),
  theme: z
    .enum(["auto", "dark", "light", "none"])
    .describe("auto keeps to the terminal's own colours; none uses no colour (as NO_COLOR does)")
    .default("auto"),
  detach_keys: z
    .string()
    .regex(/^ctrl-[a-z[\\\]^_@]$/, "must be ctrl- and one of a-z [ \\ ] ^ _ @, such as ctrl-]")
    .describe("What leaves an agent's terminal; pressed twice it goes to the agent")
    .default("ctrl-]"),
  default_scope: z
    .enum(["once", "session"])
    .describe("How far one keypress approves: the next matching request, or until the bottle stops")
    .default("session"),
  notifications: z
    .enum(["off", "bel", "osc9", "osc777"])
    .describe("How the terminal is told that something waits: the bell, or a notification sequence it knows")
    .default("bel"),
  editor: z
    .string()
    .trim()
    .min(1)
    .describe("Instead of $VISUAL and $EDITOR, with its arguments: code --wait")
    .optional(),
  backend: z
    .string()
    .regex(BACKEND_NAME, BACKEND_RULE)
    .describe("Where bottles start whose definition names no backend: local, docker or docker:<host>")
    .optional(),
  logs: z
    .strictObject({
      lines: z
        .int()
        .min(100)
        .max(1_000_000)
        .describe("Lines of a log that are kept in memory for each bottle")
        .default(10_000),
      wrap: z.boolean().describe("Wrap long lines from the start").default(false),
      timestamps: z.boolean().describe("Show times from the start").default(false),
    })
    .describe("Logs as the dashboard shows them")
    .prefault({}),
  docker: DockerHosts,
  credentials: z
    .strictObject({
      key: z
        .union(
          [
            z.strictObject({ env: z.string().regex(VARIABLE, "must be the name of a variable") }),
            z.strictObject({ file: z.string().regex(/^(?:\/|~\/)./, "must be an absolute path, or begin with ~/") }),
          ],
          { error: "must be {env: NAME} or {file: path}: where the key is, never the key itself" },
        )
        .describe(
          "Encrypts the seeds of agents (agent_provider.seed): a variable of yours, or a file, that holds the key",
        )
        .optional(),
    })
    .describe("Logins that agents hold themselves")
    .prefault({}),
});
export type Config = z.infer<typeof Config>;

export const DEFAULT_CONFIG: Config = Config.parse({});

export function parseConfig(text: string, path: string): Parsed<Config> {
  // `tab-logs: 2` names the key 2, and `context: 1` a context.
  const read = readYaml(text, { path, asText: ([part]) => part === "keys" || part === "docker" });
  if (!read.ok) return read;
  const yaml = read.yaml.value === null ? { ...read.yaml, value: {} } : read.yaml;
  // An address may hold a password, although it must not.
  return checkYaml(Config, yaml, {
    isSecret: ([part, , , field]) => part === "credentials" || (part === "docker" && field === "url"),
  });
}

/** The JSON schema that editors use for `config.yml`. */
export function configJsonSchema(): object {
  return {
    ...z.toJSONSchema(Config, { io: "input" }),
    title: "bottle-dash config.yml",
    description: "Settings of the bottle-dash dashboard: ~/.bot-bottle/config.yml",
  };
}
