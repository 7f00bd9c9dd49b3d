// Pi at each kind of model that its bottles may have, on a task: the right request, with the credential, and to nobody else.

import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterEach, describe, expect, test } from "vitest";

import { egressSeen } from "#core/egress/control-client.ts";
import { requireAgents } from "#tests/helpers/agents/require-agents.ts";
import { LOOP_BACKENDS } from "#tests/helpers/backends.ts";

import { type AgentWorld, openWorld } from "./agent-world.ts";
import { pi } from "./cases/pi.ts";

const [local] = LOOP_BACKENDS;
const worlds: AgentWorld[] = [];

afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

interface Ended {
  readonly slug: string;
  readonly exit_code: number | null;
  readonly message: string;
}

interface Setting {
  readonly host: string;
  readonly scheme: string;
  readonly credential?: string;
  readonly turns?: readonly object[];
  /** Files of the operator's, below their home. */
  readonly files?: Readonly<Record<string, object>>;
}

/** A bottle on this machine whose only route is to `host`. */
async function open({
  host,
  scheme,
  credential,
  files = {},
  turns = [{ say: "Done." }],
}: Setting): Promise<AgentWorld> {
  if (local === undefined) throw new Error("there is no local backend");
  const given = credential === undefined ? {} : { credential: () => credential };
  const world = await openWorld(
    { ...pi, ...given, hosts: [host] },
    local,
    turns,
    async ({ credential: right, home }) => {
      for (const [path, content] of Object.entries(files)) {
        await mkdir(join(home, path, ".."), { recursive: true });
        await writeFile(join(home, path), JSON.stringify(content));
      }
      return { env: { MODEL_KEY: right }, routes: [{ host, auth: { scheme, token_ref: "MODEL_KEY" } }] };
    },
  );
  worlds.push(world);
  return world;
}

async function work({ own }: AgentWorld): Promise<Ended> {
  const { stdout, stderr } = await own.attempt("start", "pi", "--yes", "--json", "--prompt", "Say that you are done");
  return JSON.parse(stdout === "" ? `{"message": ${JSON.stringify(stderr)}}` : stdout) as Ended;
}

/** Whether any file of a bottle, its home and its logs among them, has `text`. */
async function holds(root: string, text: string, slug: string): Promise<boolean> {
  const folder = join(root, "state", slug);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const contents = await Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name), "utf8")));
  return contents.some((content) => content.includes(text));
}

describe("Pi, unmodified", requireAgents(), () => {
  test.each([
    { what: "Anthropic's, by a key", host: "api.anthropic.com", scheme: "header:x-api-key", path: "/v1/messages" },
    {
      what: "Anthropic's, by a subscription's token",
      host: "api.anthropic.com",
      scheme: "Bearer",
      credential: `sk-ant-oat01-${"made-up-".repeat(5)}`,
      path: "/v1/messages",
    },
    { what: "OpenAI's", host: "api.openai.com", scheme: "Bearer", path: "/v1/responses" },
  ])("works with a model of $what, and supervise's tools are among its own", async ({ path, ...setting }) => {
    const world = await open(setting);
    const ended = await work(world);
    expect(ended).toMatchObject({ exit_code: 0, message: "Done." });
    const [request, ...more] = world.model.requests();
    expect(more).toEqual([]);
    expect(request).toMatchObject({ host: setting.host, credential: "right" });
    expect(request?.path.split("?")[0]).toBe(path);
    expect(request?.tools.map((name) => name.toLowerCase())).toEqual(expect.arrayContaining(["bash", "egress-block"]));
  });

  test("works with a provider of the operator's own models.json, whose key stays with the operator", async () => {
    const secret = "sk-planted-in-models-json-0123456789";
    const corp = { baseUrl: "https://openrouter.ai/api/v1", api: "openai-completions", models: [{ id: "our-own" }] };
    const files = { ".pi/agent/models.json": { providers: { corp: { ...corp, apiKey: secret } } } };
    const world = await open({ host: "openrouter.ai", scheme: "Bearer", files });
    const { slug, message } = await work(world);
    expect(message).toBe("Done.");
    expect(world.model.requests()[0]).toMatchObject({ credential: "right", body: { model: "our-own" } });
    expect(JSON.stringify(world.model.requests())).not.toContain(secret);
    expect(await holds(world.own.root, "our-own", slug)).toBe(true);
    expect(await holds(world.own.root, secret, slug)).toBe(false);
  });

  test("is told of the skills and the prompt of its definition", async () => {
    const world = await open({ host: "openrouter.ai", scheme: "Bearer" });
    const { root } = world.own;
    await mkdir(join(root, "skills/greet"), { recursive: true });
    await writeFile(
      join(root, "skills/greet/SKILL.md"),
      "---\nname: greet\ndescription: Greets in verse.\n---\nHello.\n",
    );
    await writeFile(join(root, "agents/pi.md"), "---\nbottle: pi\nskills: [greet]\n---\nYou count sheep.\n");
    expect(await work(world)).toMatchObject({ message: "Done." });
    const body = JSON.stringify(world.model.requests()[0]?.body);
    expect(body).toContain("Greets in verse.");
    expect(body).toContain("You count sheep.");
  });

  test("ends with 1 when its model refuses it, although its own exit code would not say so", async () => {
    const world = await open({ host: "api.openai.com", scheme: "Bearer", turns: [{ error: "unauthorized" }] });
    expect(await work(world)).toMatchObject({ exit_code: 1, message: "" });
  });

  test("tries no host at all before its first prompt", async () => {
    const world = await open({ host: "openrouter.ai", scheme: "Bearer" });
    const { slug } = await world.own.json<{ slug: string }>("start", "pi", "--yes", "--detach");
    await expect
      .poll(async () => (await world.own.json<{ slug: string; state: string }[]>("list"))[0]?.state)
      .toBe("idle");
    const { requests } = await egressSeen(world.own.root, slug);
    expect(requests.map(({ host }) => host)).toEqual([]);
  });
});
