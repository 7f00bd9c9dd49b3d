// Makes the images of bottles on one daemon: each is named by the digest of all that it is made from, and built where
// there is none of that name.

import type { ImageSource } from "#contracts/backend.ts";
import { sha256 } from "#lib/hash.ts";

import type { Engine } from "../engine/engine.ts";
import { statusOf } from "../engine/errors.ts";
import { LABEL } from "../names.ts";
import { ensureBases } from "./bases.ts";
import { buildImage, type Build } from "./build.ts";
import { buildOnce } from "./build-once.ts";
import { readContext } from "./context-folder.ts";
import type { AgentImage, Images } from "./images.ts";
import { lastLayer } from "./last-layer.ts";
import { ourDockerfile, ourPrograms } from "./our-files.ts";
import { describeAgent } from "./describe-agent.ts";
import type { TarEntry } from "./tar.ts";

type Output = (line: string) => void;

interface Recipe {
  /** Ours by its name, or `custom`. */
  readonly name: string;
  /** For people. */
  readonly what: string;
  readonly dockerfile: string;
  /** Of the context, the Dockerfile left out. */
  readonly entries: () => AsyncIterable<TarEntry> | Iterable<TarEntry>;
  readonly digest: string;
}

export function createImages(engine: Engine, root: string): Images {
  const sidecars = async (output: Output, signal: AbortSignal): Promise<Made> => {
    const programs = await ourPrograms();
    const dockerfile = await ourDockerfile("sidecars");
    const { digest, entries } = programs;
    const what = "the image of the sidecars";
    return make(engine, root, { name: "sidecars", what, dockerfile, entries: () => entries, digest }, output, signal);
  };
  const agent = async (recipe: Recipe, below: Made, output: Output, signal: AbortSignal): Promise<AgentImage> => {
    const made = await make(engine, root, recipe, output, signal);
    const layer = lastLayer(made.tag, below.tag);
    const whole = { ...recipe, dockerfile: layer, entries: () => [], digest: sha256(`${made.id}\n${below.id}\n`) };
    const done = await make(engine, root, { ...whole, name: `${recipe.name}-bottle` }, output, signal);
    return describeAgent(engine, done.id, done.tag);
  };
  return {
    async ensure(source, output, signal) {
      const recipe = await recipeOf(source);
      const below = await sidecars(output, signal);
      return { agent: await agent(recipe, below, output, signal), sidecars: below.id };
    },
    async buildDockerfile(text, output, signal) {
      const what = "the proposed Dockerfile";
      const recipe = { name: "custom", what, dockerfile: text, entries: () => [], digest: "" };
      return agent(recipe, await sidecars(output, signal), output, signal);
    },
  };
}

async function recipeOf(source: ImageSource): Promise<Recipe> {
  switch (source.kind) {
    case "ours": {
      const { name } = source;
      return { name, what: `the image ${name}`, dockerfile: await ourDockerfile(name), entries: () => [], digest: "" };
    }
    case "dockerfile": {
      const { path } = source;
      return { name: "custom", what: path, ...(await readContext(path)) };
    }
  }
}

interface Made {
  readonly id: string;
  readonly tag: string;
}

async function make(engine: Engine, root: string, recipe: Recipe, output: Output, signal: AbortSignal): Promise<Made> {
  const bases = await ensureBases(engine, recipe.dockerfile, output, signal);
  const digest = sha256([recipe.dockerfile, recipe.digest, ...bases].join("\0")).slice(0, 16);
  const tag = `bottle-dash/${recipe.name}:${digest}`;
  const find = async (): Promise<Made | undefined> => idOf(engine, tag);
  return (
    (await find()) ??
    (await buildOnce(root, engine, tag, async () => (await find()) ?? build(engine, recipe, tag, output, signal)))
  );
}

const DOCKERFILE = ".bottle-dash.Dockerfile";

async function build(engine: Engine, recipe: Recipe, tag: string, output: Output, signal: AbortSignal): Promise<Made> {
  const content = Buffer.from(recipe.dockerfile);
  const file: TarEntry = { type: "file", path: DOCKERFILE, mode: 0o644, size: content.length, content };
  const context = async function* (): AsyncGenerator<TarEntry> {
    yield file;
    yield* recipe.entries();
  };
  const labels = { [LABEL.role]: "image" };
  const order: Build = { what: recipe.what, tag, labels, dockerfile: DOCKERFILE, context: context() };
  return { id: await buildImage(engine, order, output, signal), tag };
}

async function idOf(engine: Engine, tag: string): Promise<Made | undefined> {
  try {
    return { id: (await engine.docker.getImage(tag).inspect()).Id, tag };
  } catch (cause) {
    if (statusOf(cause) === 404) return undefined;
    throw engine.error(cause, `look for the image ${tag}`);
  }
}
