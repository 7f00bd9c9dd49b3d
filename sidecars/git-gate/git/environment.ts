// The environment of every git process of the gate: nothing is inherited but the search path, and nothing outside the
// mirror configures git. Whoever can write a file that git reads could run a command.

import type { GatePaths } from "../gate-paths.ts";

export type Environment = Readonly<Record<string, string>>;

const SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export function gitEnvironment({ home }: Pick<GatePaths, "home">, path = process.env["PATH"]): Environment {
  return {
    PATH: path === undefined || path === "" ? SEARCH_PATH : path,
    HOME: home,
    XDG_CONFIG_HOME: home,
    LANG: "C",
    LC_ALL: "C",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_ASKPASS: "false",
    SSH_ASKPASS: "false",
    SSH_ASKPASS_REQUIRE: "never",
    GIT_ALLOW_PROTOCOL: "ssh",
    GIT_NO_REPLACE_OBJECTS: "1",
    // The mirrors may belong to another user than the one that the container's runtime shows: they are ours all the same.
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: "safe.directory",
    GIT_CONFIG_VALUE_0: "*",
  };
}
