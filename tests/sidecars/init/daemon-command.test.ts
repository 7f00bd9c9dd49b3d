import { expect, it } from "vitest";

import type { BundleConfig } from "#domain/sidecars/bundle.ts";
import { daemonCommand } from "#sidecars/init/daemon-command.ts";

const config: BundleConfig = {
  slug: "demo-abcde",
  root: "/root/.bot-bottle",
  programs: "/p",
  daemons: [],
  upstream_ca: "/ca.pem",
  rebuild: false,
  environment: {},
};
const env = {
  PATH: "/bin",
  TZ: "UTC",
  LANG: "C.UTF-8",
  HOME: "/root",
  AWS_SECRET_ACCESS_KEY: "secret",
  NODE_OPTIONS: "--require /tmp/x.js",
  EGRESS_TOKEN_0: "token",
  EGRESS_SECRET_CANARY: "token of the canary",
  SUPERVISE_RESPONSE_TIMEOUT_SECONDS: "5",
};

it("gives the tokens and the secrets to egress alone, and nobody anything that is not named", () => {
  expect(Object.keys(daemonCommand("egress", config, env, "node").env)).toEqual([
    "PATH",
    "TZ",
    "LANG",
    "EGRESS_TOKEN_0",
    "EGRESS_SECRET_CANARY",
  ]);
  expect(Object.keys(daemonCommand("supervise", config, env, "node").env)).toEqual([
    "PATH",
    "TZ",
    "LANG",
    "SUPERVISE_RESPONSE_TIMEOUT_SECONDS",
  ]);
});

it("names the program, the root and the slug; the upstream roots are for egress", () => {
  const common = ["--root", "/root/.bot-bottle", "--slug", "demo-abcde"];
  expect(daemonCommand("egress", config, env, "/node")).toMatchObject({
    file: "/node",
    args: ["--max-semi-space-size=2", "/p/egress.js", ...common, "--upstream-ca", "/ca.pem"],
  });
  expect(daemonCommand("supervise", config, env, "/node").args).toEqual(["/p/supervise.js", ...common]);
});

it("never puts a value of the environment into an argument", () => {
  const { args } = daemonCommand("egress", config, env, "node");
  expect(args.join(" ")).not.toContain("token");
});
