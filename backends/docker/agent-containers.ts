// The containers of agents as the daemon lists them: one question for all bottles, found by our labels.

import type { ContainerInfo } from "dockerode";

import { isSlug } from "#domain/slug.ts";

import type { DockerContext } from "./context.ts";
import { isNamedByUs, LABEL, rootLabel } from "./names.ts";

export interface AgentContainer {
  readonly id: string;
  readonly slug: string;
  readonly state: ContainerState;
  readonly created: Date;
}

/** `over`: it ran and does not any more. */
export type ContainerState = "created" | "running" | "over";

/** By slug. Of several containers of a bottle the one that runs counts, else the newest. */
export async function agentContainers(context: DockerContext): Promise<Map<string, AgentContainer>> {
  return newestOf(await ask(context, []));
}

/** Undefined when the bottle has none. */
export async function agentContainer(context: DockerContext, slug: string): Promise<AgentContainer | undefined> {
  return newestOf(await ask(context, [`${LABEL.slug}=${slug}`])).get(slug);
}

async function ask({ engine, root }: DockerContext, more: readonly string[]): Promise<ContainerInfo[]> {
  const label = [`${LABEL.root}=${rootLabel(root)}`, `${LABEL.role}=agent`, ...more];
  try {
    const listed = await engine.docker.listContainers({ all: true, filters: { label } });
    return listed.filter(isNamedByUs);
  } catch (error) {
    throw engine.error(error, "list the containers");
  }
}

function newestOf(listed: readonly ContainerInfo[]): Map<string, AgentContainer> {
  const found = new Map<string, AgentContainer>();
  for (const info of listed) {
    const container = read(info);
    const other = container === undefined ? undefined : found.get(container.slug);
    if (container !== undefined && (other === undefined || counts(container, other))) {
      found.set(container.slug, container);
    }
  }
  return found;
}

function counts(one: AgentContainer, other: AgentContainer): boolean {
  const [running, otherRunning] = [one.state === "running", other.state === "running"];
  return running === otherRunning ? one.created > other.created : running;
}

function read({ Id, Labels, State, Created }: ContainerInfo): AgentContainer | undefined {
  const slug = Labels[LABEL.slug] ?? "";
  if (!isSlug(slug)) return undefined;
  return { id: Id, slug, state: stateOf(State), created: new Date(Created * 1000) };
}

function stateOf(state: string): ContainerState {
  switch (state) {
    case "created":
      return "created";
    case "running":
    case "paused":
    case "restarting":
      return "running";
    default:
      return "over"; // exited, dead, removing
  }
}
