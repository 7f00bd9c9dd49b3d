// `agent_provider`: what runs in the bottle.

import * as z from "zod";

import { VARIABLE } from "./environment.ts";

/** What definitions may name; more are contributed under `contrib/`. Whether this version can run one is asked at launch. */
export const PROVIDERS = ["claude", "codex", "pi", "command"] as const;

const command = z.union([z.string().trim().min(1), z.array(z.string()).min(1)], {
  error: 'must be a list such as ["bash", "-l"], or one line for `sh -c`',
});

export const ProviderKeys = z.strictObject({
  template: z.string().min(1).optional(),
  dockerfile: z.string().optional(),
  /** An argument list, or a line for `sh -c`. */
  command: command.transform((given) => (typeof given === "string" ? ["sh", "-c", given] : given)).optional(),
  /** claude only: the operator's variable that holds the OAuth token. Empty means none. */
  auth_token: z
    .string()
    .refine(
      (text) => text === "" || VARIABLE.test(text),
      "must be the name of a variable of yours, never the token itself",
    )
    .optional(),
  /** codex only. */
  forward_host_credentials: z.boolean().optional(),
  /** codex only: a file with a credential of the agent's own, which it may rotate; what it makes of it is saved there. */
  seed: z
    .string()
    .regex(/^(?:\/|~\/)[^/]/, "must be an absolute path of a file of yours, or begin with ~/")
    .optional(),
});

export interface AgentProvider {
  readonly template: string;
  readonly dockerfile?: string | undefined;
  readonly command?: readonly string[] | undefined;
  readonly auth_token?: string | undefined;
  readonly forward_host_credentials?: boolean | undefined;
  readonly seed?: string | undefined;
}
