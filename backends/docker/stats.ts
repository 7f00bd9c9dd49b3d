// What a bottle uses: agent and sidecars together, from the engine's streams of figures, which stay open while they are
// asked for. A single figure costs the engine one to two seconds.

import type { Readable } from "node:stream";

import * as z from "zod";

import type { Stats } from "#domain/fleet/event.ts";
import { splitLines } from "#lib/lines.ts";

import type { DockerContext } from "./context.ts";
import { isNamedByUs, LABEL, rootLabel } from "./names.ts";

const Cpu = z.looseObject({ cpu_usage: z.looseObject({ total_usage: z.number() }) });
const Frame = z.looseObject({
  read: z.string(),
  cpu_stats: Cpu,
  memory_stats: z.looseObject({ usage: z.number().optional(), stats: z.record(z.string(), z.number()).optional() }),
});
export type Frame = z.infer<typeof Frame>;

/** Undefined for what is none, such as the last one of a container that has ended. */
export function parseFrame(line: string): Frame | undefined {
  try {
    return Frame.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** Share of one core between two frames. */
export function cpuBetween(before: Frame | undefined, now: Frame): number {
  if (before === undefined) return 0;
  const nanoseconds = (Date.parse(now.read) - Date.parse(before.read)) * 1e6;
  const used = now.cpu_stats.cpu_usage.total_usage - before.cpu_stats.cpu_usage.total_usage;
  return nanoseconds > 0 ? Math.max(0, used) / nanoseconds : 0;
}

/** Without what the kernel keeps of files and gives back: cgroup 1 calls it otherwise than 2. */
export function memoryOf({ memory_stats: { usage = 0, stats = {} } }: Frame): number {
  const cache = stats["total_inactive_file"] ?? stats["inactive_file"] ?? 0;
  return cache < usage ? usage - cache : usage;
}

/** Null when the bottle does not run. The first answer of a bottle knows no share of the processor yet. */
export async function statsOf(context: DockerContext, slug: string): Promise<Stats | null> {
  const key = `${context.name} ${context.root} ${slug}`;
  let meters = open.get(key);
  if (meters === undefined || meters.length === 0 || !meters.every((meter) => meter.isOpen())) {
    for (const meter of meters ?? []) meter.close();
    meters = await openMeters(context, slug);
    open.set(key, meters);
  }
  const figures = await Promise.all(meters.map((meter) => meter.read()));
  if (meters.length === 0) open.delete(key);
  const known = figures.filter((figure) => figure !== undefined);
  if (known.length === 0) return null;
  return known.reduce((sum, { cpu, memory }) => ({ cpu: sum.cpu + cpu, memory: sum.memory + memory }));
}

const open = new Map<string, readonly Meter[]>();

async function openMeters({ engine, root }: DockerContext, slug: string): Promise<Meter[]> {
  const label = [`${LABEL.root}=${rootLabel(root)}`, `${LABEL.slug}=${slug}`];
  try {
    const listed = await engine.docker.listContainers({ filters: { label, status: ["running"] } });
    const running = listed.filter(isNamedByUs);
    if (!running.some(({ Labels }) => Labels[LABEL.role] === "agent")) return [];
    return await Promise.all(running.map(({ Id }) => openMeter(engine.docker.getContainer(Id))));
  } catch (error) {
    throw engine.error(error, "measure the bottle");
  }
}

interface Meter {
  isOpen(): boolean;
  /** Undefined once the container has ended. */
  read(): Promise<Stats | undefined>;
  close(): void;
}

/** When an engine that goes on telling of an ended container has measured it. */
const NEVER = "0001-";
/** A stream that nobody asked for so long is closed. */
const IDLE_MS = 15_000;

async function openMeter(container: {
  stats(options: { stream: true }): Promise<NodeJS.ReadableStream>;
}): Promise<Meter> {
  const stream = (await container.stats({ stream: true })) as Readable & { socket?: { unref?(): void } };
  stream.socket?.unref?.(); // it must not keep a command alive that is done
  let before: Frame | undefined;
  let now: Frame | undefined;
  let isOpen = true;
  const first = Promise.withResolvers<void>();
  const close = (): void => {
    isOpen = false;
    first.resolve();
    clearTimeout(idle);
    stream.destroy();
  };
  const idle = setTimeout(close, IDLE_MS).unref();
  const lines = splitLines((line) => {
    const frame = parseFrame(line);
    if (frame === undefined) return;
    if (frame.read.startsWith(NEVER)) return close();
    [before, now] = [now, frame];
    first.resolve();
  });
  stream.on("data", (chunk: Buffer) => lines.push(chunk));
  stream.once("end", close).once("close", close).on("error", close);
  return {
    isOpen: () => isOpen,
    async read() {
      idle.refresh();
      await first.promise;
      return isOpen && now !== undefined ? { cpu: cpuBetween(before, now), memory: memoryOf(now) } : undefined;
    },
    close,
  };
}
