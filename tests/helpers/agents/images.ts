// Docker images with one of the real agents each, made from what `npm run agents:install` installed: no registry is asked, and
// an engine that has one keeps it.

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { execa } from "execa";

import { BASE_IMAGE } from "../docker/base-image.ts";
import { packageTree } from "./package-tree.ts";
import { agentsFolder } from "./require-agents.ts";

export type AgentName = keyof typeof PACKAGES;

const PACKAGES = {
  claude: "@anthropic-ai/claude-code",
  codex: "@openai/codex",
  pi: "@mariozechner/pi-coding-agent",
} as const;

/** Claude's own package has a copy of its binary, and Codex's voices are for nobody here. */
const LEFT_OUT = ["node_modules/@anthropic-ai/claude-code-*", "*/codex-resources/voice", "*.map"];

const run = promisify(execFile);

/** The path of a Dockerfile, alone in its folder, for `agent_provider.dockerfile`: FROM the image, made when the engine lacks it. */
export async function agentDockerfile(name: AgentName): Promise<string> {
  const tag = await makeAgentImage(name);
  const folder = join(agentsFolder(), "images", name);
  await mkdir(folder, { recursive: true });
  const path = join(folder, "Dockerfile");
  await writeFile(path, `FROM ${tag}\n`);
  return path;
}

/** Its tag. */
async function makeAgentImage(name: AgentName): Promise<string> {
  const text = dockerfile(name);
  const tree = packageTree(agentsFolder(), PACKAGES[name]);
  const versions = await Promise.all(tree.map((path) => readFile(join(agentsFolder(), path, "package.json"))));
  const base = (await run("docker", ["images", "-q", "--no-trunc", BASE_IMAGE])).stdout;
  const digest = createHash("sha256")
    .update([text, base, ...versions].join("\n"))
    .digest("hex")
    .slice(0, 12);
  const tag = `bottle-dash-test-${name}:${digest}`;
  if ((await run("docker", ["images", "-q", tag])).stdout.trim() !== "") return tag;
  await build(tag, text, tree, name);
  await removeOlder(tag);
  return tag;
}

/** One that something still uses stays. */
async function removeOlder(tag: string): Promise<void> {
  const [repository = ""] = tag.split(":");
  const all = (await run("docker", ["images", "--format", "{{.Repository}}:{{.Tag}}", repository])).stdout.trim();
  const older = all.split("\n").filter((one) => one !== tag);
  await execa("docker", ["rmi", ...older], { reject: false });
}

function dockerfile(name: AgentName): string {
  return [
    `FROM ${BASE_IMAGE}`,
    "COPY node_modules /opt/agents/node_modules",
    `RUN ln -s /opt/agents/node_modules/.bin/${name} /usr/local/bin/${name} && ${name} --version`,
    "",
  ].join("\n");
}

/** The context is read from the install itself, once. */
async function build(tag: string, text: string, tree: readonly string[], name: AgentName): Promise<void> {
  const folder = join(agentsFolder(), "images", `context-${name}`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "Dockerfile"), text);
  const exclude = LEFT_OUT.map((pattern) => `--exclude=${pattern}`);
  const paths = [...tree.filter((path) => !path.includes("claude-code-")), `node_modules/.bin/${name}`];
  const context = execa("tar", ["-cf", "-", ...exclude, "-C", folder, "Dockerfile", "-C", agentsFolder(), ...paths], {
    encoding: "buffer",
    buffer: false,
  });
  const built = execa("docker", ["build", "--quiet", "--tag", tag, "-"], { input: context.stdout });
  await Promise.all([context, built]);
}
