// The docker command's own contexts: config.json names the current one, contexts/meta and contexts/tls describe them.

import { existsSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";

import { BottleError } from "#domain/bottle-error.ts";
import { sha256 } from "#lib/hash.ts";
import { readBounded } from "#lib/read-bounded.ts";

import { dockerConfigFolder, readTls } from "./docker-folder.ts";
import { parseEndpoint, type Endpoint } from "./endpoint.ts";

const DockerConfig = z.looseObject({ currentContext: z.string().optional() });
const ContextMeta = z.looseObject({
  Endpoints: z.looseObject({
    docker: z.looseObject({ Host: z.string().default(""), SkipTLSVerify: z.boolean().default(false) }),
  }),
});

/** Undefined where there is none, or no configuration. */
export function currentContext(env: NodeJS.ProcessEnv): string | undefined {
  const path = join(dockerConfigFolder(env), "config.json");
  const text = readBounded(path);
  if (text === null || text === undefined) return undefined;
  return parseJson(DockerConfig, text, path).currentContext || undefined;
}

/** Throws `invalid` where there is no such context, or what it says is not understood. */
export function contextEndpoint(name: string, env: NodeJS.ProcessEnv): Endpoint {
  const contexts = join(dockerConfigFolder(env), "contexts");
  const id = sha256(name); // that is how the docker command names its folders
  const path = join(contexts, "meta", id, "meta.json");
  const text = readBounded(path);
  if (text === null || text === undefined) {
    throw new BottleError("invalid", `there is no docker context ${JSON.stringify(name)}`, {
      where: contexts,
      hint: "see `docker context ls`",
    });
  }
  const { Host, SkipTLSVerify } = parseJson(ContextMeta, text, path).Endpoints.docker;
  const folder = join(contexts, "tls", id, "docker");
  return parseEndpoint(Host, path, existsSync(folder) ? readTls(folder, !SkipTLSVerify) : undefined);
}

function parseJson<Schema extends z.ZodType>(schema: Schema, text: string, path: string): z.infer<Schema> {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new BottleError("invalid", "is not what the docker command writes", { where: path, cause });
  }
}
