// `--backend`, as every command that starts a bottle takes it.

import type { OptionSpec } from "./command.ts";

export const BACKEND_OPTION = {
  type: "string",
  value: "name",
  describe: "where it runs: local, docker or docker:<host> (default: the definition's, $BOTTLE_BACKEND, config.yml)",
  completes: "backend",
} as const satisfies OptionSpec;
