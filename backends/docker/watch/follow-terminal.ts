// What a running agent's terminal shows, for a fleet of many: its last line, whether it is busy. A small emulator for each
// follows the live output, since a line on the screen is seldom a line of the output.

import type { Container } from "dockerode";

import type { BackendEvent } from "#contracts/backend.ts";
import { bottlePaths } from "#lib/paths.ts";
import { activityClock } from "#lib/screen/activity.ts";
import { holdSequences } from "#lib/screen/hold-sequences.ts";
import type { Screen } from "#lib/screen/screen.ts";
import { within } from "#lib/until-gone.ts";

import type { AgentContainer } from "../agent-containers.ts";
import type { DockerContext } from "../context.ts";
import type { EngineEvent } from "../engine/engine.ts";
import { answerer } from "../terminal/answering.ts";
import { connectTerminal } from "../terminal/connection.ts";
import { liveOutput } from "../terminal/live-output.ts";
import { markFilter } from "../terminal/marks.ts";
import { readSize, sizeWithin } from "../terminal/size.ts";

export interface TerminalFollower {
  /** The container's. */
  readonly id: string;
  resized(event: EngineEvent): void;
  /** `isOver`: the agent has ended, and what it said last may still be on its way. */
  stop(isOver: boolean): void;
}

/** Lines of the log that a follower begins with. */
const BEGIN_WITH = 50;
/** So many begin at once: a dashboard that opens on hundreds of bottles must not storm the daemon. */
const AT_ONCE = 8;
const LAST_WORDS_MS = 1000;
const beginning = turns(AT_ONCE);

export function followTerminal(
  context: DockerContext,
  { id, slug }: AgentContainer,
  emit: (event: BackendEvent) => void,
): TerminalFollower {
  const paths = bottlePaths(context.root, slug);
  let stopped = false;
  let screen: Screen | undefined;
  let leave = (): void => {};
  let ended: Promise<void> | undefined;
  const tell = (event: BackendEvent): void => {
    if (!stopped) emit(event);
  };
  const activity = (value: "busy" | "idle"): void =>
    tell({ type: "activity", slug, activity: value, at: new Date().toISOString(), authority: "terminal" });
  const clock = activityClock((edge) => {
    screen?.tellLastLine();
    activity(edge);
  });

  const begin = async (): Promise<void> => {
    if (stopped) return;
    const { openScreen } = await import("#lib/screen/screen.ts"); // with its emulator
    const container = context.engine.docker.getContainer(id);
    const [size, past] = await Promise.all([readSize(paths), tailOf(container)]);
    if (stopped) return;
    let write = (_data: string): void => {};
    const answers = answerer(paths, (data) => write(data));
    screen = openScreen(size, answers.answer, 0);
    screen.subscribers.add(
      { send: (event) => event.type === "last-line" && tell({ ...event, slug }), queued: () => 0 },
      false,
    );
    screen.show(past, 0);
    const connection = await connectTerminal(container);
    if (stopped) return void connection.destroy();
    write = (data) => void connection.write(data);
    leave = () => connection.destroy();
    const live = liveOutput(connection, screen);
    ended = live.ended.then(() => answers.end());
    activity(clock.activity);
    screen.afterAll(() => screen?.tellLastLine());
    answers.begin();
    live.begin(clock.touch);
  };
  // A container that ended meanwhile is told of by the daemon's events.
  void beginning(begin).catch(() => {});
  return {
    id,
    resized({ attributes }) {
      const size = sizeWithin(Number(attributes["width"]), Number(attributes["height"]));
      if (size !== undefined) screen?.resize(size.cols, size.rows, () => {});
    },
    stop(isOver) {
      clock.stop();
      const over = (): void => {
        if (isOver) screen?.tellLastLine();
        stopped = true;
        leave();
      };
      if (isOver && ended !== undefined) void within(ended, LAST_WORDS_MS).then(over);
      else over();
    },
  };
}

async function tailOf(container: Container): Promise<string> {
  const log = await container.logs({ stdout: true, stderr: true, follow: false, tail: BEGIN_WITH });
  const filter = markFilter();
  const pieces = [...filter.push(log), ...filter.end()];
  const bytes = pieces.map((piece) => (piece.type === "bytes" ? piece.bytes : Buffer.alloc(0)));
  const holder = holdSequences();
  return holder.push(Buffer.concat(bytes).toString("utf8")) + holder.flush();
}

/** Lets so many at a time. */
function turns(most: number): (work: () => Promise<void>) => Promise<void> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
