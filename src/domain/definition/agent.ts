// The front matter of an agent definition. The same file may serve Claude Code as a subagent: its fields are let through.

import * as z from "zod";

import { NAME } from "#domain/slug.ts";

import { NAME_RULE, RENAMED_GIT } from "./bottle.ts";
import { GitUserKeys } from "./git-gate.ts";

const REPOS = "is not accepted in an agent definition: it carries credentials; write it in the bottle definition";

export const AgentKeys = z.strictObject({
  /** The bottle definition that it runs in. */
  bottle: z
    .string({
      error: ({ input }) =>
        input === undefined ? "is missing; name the bottle definition that the agent runs in" : undefined,
    })
    .regex(NAME, NAME_RULE),
  skills: z.array(z.string().min(1)).nullable().optional(),
  "git-gate": z.strictObject({ user: GitUserKeys.optional(), repos: z.never({ error: REPOS }).optional() }).optional(),
  git: z.never({ error: RENAMED_GIT }).optional(),
  prompt: z.never({ error: "is not a key; the text below the front matter is the prompt" }).optional(),
  // Claude Code's own, not ours:
  name: z.unknown().optional(),
  description: z.unknown().optional(),
  model: z.unknown().optional(),
  color: z.unknown().optional(),
  memory: z.unknown().optional(),
});
export type AgentKeys = z.infer<typeof AgentKeys>;
