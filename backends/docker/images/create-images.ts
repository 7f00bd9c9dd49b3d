// Makes the images of bottles on one daemon: each is named by the digest of all that it is made from, and built where
// there is none of that name.

import type { ImageSource } from "#contracts/backend.ts";
import { BottleError } from "#domain/bottle-error.ts";
import { sha256 } from "#lib/hash.ts";

import type { Engine } from "../engine/engine.ts";
import { LABEL } from "../names.ts";
import { ensureBases, idOf } from "./bases.ts";
import { buildImage, type Build } from "./build.ts";
import { buildOnce } from "./build-once.ts";
import { isProposed, readContext, readDockerfile } from "./context-folder.ts";
import { describeAgent } from "./describe-agent.ts";
import { DOCKERFILE_LIMIT } from "./dockerfile.ts";
import type { AgentImage, Images } from "./images.ts";
import { lastLayer } from "./last-layer.ts";
import { ourDockerfile, ourPrograms } from "./our-files.ts";
import { removeSuperseded } from "./superseded.ts";
import type { TarEntry } from "./tar.ts";

type Output = (line: string) => void;

interface Recipe {
  /** Of the image's repository. */
  readonly name: string;
  /** For people. */
  readonly what: string;
  readonly dockerfile: string;
  /** Of the context, the Dockerfile left out. */
  readonly entries: readonly TarEntry[];
  readonly digest: string;
}

interface Place {
  readonly engine: Engine;
  readonly root: string;
}

export function createImages(engine: Engine, root: string): Images {
  const place: Place = { engine, root };
  const sidecars = async (output: Output, signal: AbortSignal): Promise<Made> => {
    const programs = await ourPrograms();
    const dockerfile = await ourDockerfile("sidecars");
    const { digest, entries } = programs;
    const what = "the image of the sidecars";
    return make(place, { name: "sidecars", what, dockerfile, entries, digest }, output, signal);
  };
  const agent = async (recipe: Recipe, below: Made, output: Output, signal: AbortSignal): Promise<AgentImage> => {
    const made = await make(place, recipe, output, signal);
    const layer = lastLayer(made.tag, below.tag);
    const whole = { ...recipe, dockerfile: layer, entries: [], digest: sha256(`${made.id}\n${below.id}\n`) };
    const done = await make(place, { ...whole, name: `${recipe.name}-bottle` }, output, signal);
    return describeAgent(engine, done.id, done.tag);
  };
  return {
    async ensure(source, output, signal) {
      const recipe = await recipeOf(source, root);
      const below = await sidecars(output, signal);
      return { agent: await agent(recipe, below, output, signal), sidecars: below.id };
    },
    async buildDockerfile(text, output, signal) {
      return agent(proposed(text), await sidecars(output, signal), output, signal);
    },
  };
}

async function recipeOf(source: ImageSource, root: string): Promise<Recipe> {
  switch (source.kind) {
    case "ours": {
      const { name } = source;
      return { name, what: `the image ${name}`, dockerfile: await ourDockerfile(name), entries: [], digest: "" };
    }
    case "dockerfile": {
      const { path } = source;
      if (isProposed(path, root)) return proposed(await readDockerfile(path));
      return { name: `custom-${sha256(path).slice(0, 8)}`, what: path, ...(await readContext(path, root)) };
    }
  }
}

function proposed(dockerfile: string): Recipe {
  if (Buffer.byteLength(dockerfile) > DOCKERFILE_LIMIT) {
    throw new BottleError("invalid", "is too large for a Dockerfile", { where: "the proposed Dockerfile" });
  }
  return { name: "proposed", what: "the proposed Dockerfile", dockerfile, entries: [], digest: "" };
}

interface Made {
  readonly id: string;
  readonly tag: string;
}

async function make(place: Place, recipe: Recipe, output: Output, signal: AbortSignal): Promise<Made> {
  const { engine, root } = place;
  const bases = await ensureBases(engine, recipe.dockerfile, output, signal);
  const digest = sha256([recipe.dockerfile, recipe.digest, ...bases].join("\0")).slice(0, 16);
  const repository = `bottle-dash/${recipe.name}`;
  const tag = `${repository}:${digest}`;
  const find = async (): Promise<Made | undefined> => {
    const id = await idOf(engine, tag);
    return id === undefined ? undefined : { id, tag };
  };
  const build = async (): Promise<Made> => {
    const id = await buildImage(engine, buildOf(recipe, tag), output, signal);
    await removeSuperseded(engine, repository, tag);
    return { id, tag };
  };
  return (
    (await find()) ??
    (await buildOnce(root, `${engine.address}\n${tag}`, async () => (await find()) ?? (await build()), signal))
  );
}

/** Of a name that no context has. */
const DOCKERFILE = ".bottle-dash.Dockerfile";

function buildOf({ what, dockerfile, entries }: Recipe, tag: string): Build {
  const content = Buffer.from(dockerfile);
  const file: TarEntry = { type: "file", path: DOCKERFILE, mode: 0o644, size: content.length, content };
  const labels = { [LABEL.role]: "image" };
  return { what, tag, labels, dockerfile: DOCKERFILE, context: [file, ...entries] };
}
