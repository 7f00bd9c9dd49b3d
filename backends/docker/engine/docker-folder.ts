// The folder with the docker command's own configuration, and the certificates in folders as it lays them out.

import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

import { BottleError } from "#domain/bottle-error.ts";

import type { Tls } from "./endpoint.ts";

/** As the docker command: any value but an empty one turns it on. */
export function tlsOf(env: NodeJS.ProcessEnv): Tls | undefined {
  const verify = env["DOCKER_TLS_VERIFY"] ?? "";
  const folder = env["DOCKER_CERT_PATH"] ?? "";
  if (verify === "" && (env["DOCKER_TLS"] ?? "") === "") return undefined;
  return readTls(folder === "" ? dockerConfigFolder(env) : folder, verify !== "");
}

export function readTls(folder: string, verify: boolean): Tls {
  const read = (name: string): string | undefined => {
    const path = join(folder, name);
    try {
      return existsSync(path) ? readFileSync(path, "utf8") : undefined;
    } catch (cause) {
      throw new BottleError("invalid", "cannot be read", { where: path, cause });
    }
  };
  return { ca: read("ca.pem"), cert: read("cert.pem"), key: read("key.pem"), verify };
}

export function dockerConfigFolder(env: NodeJS.ProcessEnv): string {
  const named = env["DOCKER_CONFIG"];
  return named !== undefined && named !== "" ? named : join(env["HOME"] ?? homedir(), ".docker");
}
