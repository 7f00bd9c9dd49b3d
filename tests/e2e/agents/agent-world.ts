// All that an agent needs around it: the stand-in for its model's hosts, a further host, an operator with a home and a root
// of their own, and a definition that leads the names there through our egress.

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { stringify } from "yaml";

import type { LoopBackend } from "#tests/helpers/backends.ts";
import { agentDockerfile } from "#tests/helpers/agents/images.ts";
import { openModel, type TestModel } from "#tests/helpers/agents/model.ts";
import { agentsPath } from "#tests/helpers/agents/require-agents.ts";
import { openRoot, type OwnRoot } from "#tests/helpers/own-root.ts";

import { type FilesHost, joinRoots, startFilesHost } from "./files-host.ts";

/** One of the real agents: how it is given its credential, and how it looks. */
export interface AgentCase {
  readonly name: "claude" | "codex" | "pi";
  /** The hosts of its model, all that its definition lets through. */
  readonly hosts: readonly string[];
  /** A credential of the right kind, made up; missing: any will do. */
  readonly credential?: () => string;
  /** Gives the operator `credential`: variables, files in `home`; and says what the definition says of it. */
  equip(world: { readonly credential: string; readonly home: string }): Promise<Equipment>;
  /** On its screen when it is ready for a first prompt. */
  readonly ready: RegExp;
  /** Submits what was typed, in tmux's spelling; Enter when missing. */
  readonly submit?: readonly string[];
}

export interface Equipment {
  /** The operator's variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** `agent_provider`, but for `template`. */
  readonly provider?: Readonly<Record<string, unknown>>;
  /** `egress.routes`. */
  readonly routes?: readonly object[];
}

export interface AgentWorld {
  readonly own: OwnRoot;
  readonly model: TestModel;
  readonly files: FilesHost;
  /** The operator's home. */
  readonly home: string;
  close(): Promise<void>;
}

/** What no definition allows. */
export const FILES_HOST = "files.loop.test";

export async function openWorld(
  agent: AgentCase,
  backend: LoopBackend,
  turns: readonly object[],
  equip: AgentCase["equip"] = agent.equip,
): Promise<AgentWorld> {
  const folder = await mkdtemp(join(tmpdir(), "agent-world-"));
  const home = join(folder, "home");
  await mkdir(home);
  const given = agent.credential === undefined ? {} : { credentials: [agent.credential()] };
  const model = await openModel({ scenario: { turns }, ...given });
  const files = await startFilesHost(FILES_HOST, folder, "the notes say hello\n");
  const { env = {}, provider = {}, routes = [] } = await equip({ credential: model.credential, home });
  const own = await openRoot({
    ...backend.env,
    PATH: `${agentsPath()}:${process.env["PATH"] ?? ""}`,
    HOME: home,
    ...env,
  });
  const image = backend.name === "local" ? {} : { dockerfile: await agentDockerfile(agent.name) };
  const definition = {
    agent_provider: { template: agent.name, ...image, ...provider },
    egress: {
      hosts: { ...model.pins, [FILES_HOST]: files.pin },
      upstream_ca: joinRoots(folder, readFileSync(model.caPath, "utf8"), files.ca),
      routes,
    },
  };
  for (const [kind, matter] of Object.entries({ bottles: definition, agents: { bottle: agent.name } })) {
    await mkdir(join(own.root, kind), { recursive: true });
    await writeFile(join(own.root, kind, `${agent.name}.md`), `---\n${stringify(matter)}---\n`);
  }
  return {
    own,
    model,
    files,
    home,
    async close() {
      await own.close();
      await Promise.all([model.close(), files.close()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
