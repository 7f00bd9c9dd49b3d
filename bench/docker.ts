// The Docker engine that measurements use: the one of DOCKER_HOST, with the base image of the tests in it.

import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { BASE_IMAGE } from "#tests/helpers/docker/base-image.ts";

const run = promisify(execFile);

/** Runs the engine's own command line; its output. */
export async function docker(...args: string[]): Promise<string> {
  return (await run("docker", args, { maxBuffer: 64 * 1024 * 1024 })).stdout.trim();
}

/** Why nothing can be measured with it here, or undefined. */
export async function whyNoDocker(): Promise<string | undefined> {
  try {
    const found = await docker("images", "-q", BASE_IMAGE);
    return found === "" ? `the engine has no ${BASE_IMAGE}` : undefined;
  } catch (error) {
    return `there is no Docker engine: ${error instanceof Error ? (error.message.split("\n")[1] ?? error.message) : ""}`;
  }
}
