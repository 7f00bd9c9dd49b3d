// `state/<slug>/metadata.json`: a bottle's identity, written once at launch.

import * as z from "zod";

/** Unknown keys are kept: other versions and bot-bottle itself write this file too. */
export const Metadata = z.looseObject({
  identity: z.string(),
  agent_name: z.string(),
  cwd: z.string().default(""),
  copy_cwd: z.boolean().default(false),
  started_at: z.string(),
  compose_project: z.string().default(""),
  /** Missing means docker. */
  backend: z.string().default("docker"),
  /** The machine, as the fleet shows it. */
  host: z.string().default("local"),
  label: z.string().default(""),
  color: z.string().default(""),
  provider: z.string().default(""),
  definition_digest: z.string().default(""),
  /** The bottle definition's name. */
  bottle: z.string().default(""),
});
export type Metadata = z.infer<typeof Metadata>;
