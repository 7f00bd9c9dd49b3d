// Whether tests may use a Docker engine here: one that answers and has the base image.

import { execa } from "execa";

import { BASE_IMAGE } from "./docker/base-image.ts";
import { requirement, type Requirement } from "./require.ts";

/** For `describe`: skipped, with the reason, where there is no engine. BOTTLE_REQUIRE calls it `docker`. */
export async function requireDocker(): Promise<Requirement> {
  const missing = await missingOfDocker();
  return requirement("docker", () => missing);
}

/** The engine that the tests use: DOCKER_HOST, or the default socket. */
export function dockerHost(): string {
  return process.env["DOCKER_HOST"] ?? "unix:///var/run/docker.sock";
}

async function missingOfDocker(): Promise<string | undefined> {
  const found = await execa("docker", ["images", "-q", BASE_IMAGE], { reject: false });
  if (found.exitCode !== 0) return `no Docker engine answers at ${dockerHost()}: ${found.stderr.split("\n")[0] ?? ""}`;
  if (found.stdout.trim() !== "") return undefined;
  return `the engine has no ${BASE_IMAGE}: pull it, or run \`node tests/helpers/docker/base-image.ts\``;
}
