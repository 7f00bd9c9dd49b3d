// What a running agent's terminal shows, for a fleet of many: its last line, whether it moves, and what the rules of its
// provider read there. A small emulator for each follows the live output, since a line on the screen is seldom one of it.

import type { BackendEvent } from "#contracts/backend.ts";
import type { ScreenRules, ScreenView } from "#domain/provider/screen-rules.ts";
import { bottlePaths, type BottlePaths } from "#lib/paths.ts";
import { readRedactions } from "#lib/redact/redactions-file.ts";
import { activityClock } from "#lib/screen/activity.ts";
import { openReading, type Reading, type Said } from "#lib/screen/reading.ts";
import { readScreenRules } from "#lib/screen/rules-file.ts";
import type { Screen } from "#lib/screen/screen.ts";
import { within } from "#lib/until-gone.ts";

import type { AgentContainer } from "../agent-containers.ts";
import type { DockerContext } from "../context.ts";
import type { EngineEvent } from "../engine/engine.ts";
import { answerer } from "../terminal/answering.ts";
import { connectTerminal } from "../terminal/connection.ts";
import { liveOutput } from "../terminal/live-output.ts";
import { readSize, sizeWithin } from "../terminal/size.ts";
import { tailOf } from "../terminal/tail.ts";

export interface TerminalFollower {
  /** The container's. */
  readonly id: string;
  /** Its connection is gone although nobody stopped it: what it said is not known any more. */
  readonly isLost: boolean;
  resized(event: EngineEvent): void;
  /** `isOver`: the agent has ended, and what it said last may still be on its way. */
  stop(isOver: boolean): void;
}

/** Lines of the log that a follower begins with. */
const BEGIN_WITH = 50;
/** So many begin at once: a dashboard that opens on hundreds of bottles must not storm the daemon. */
const AT_ONCE = 8;
const LAST_WORDS_MS = 1000;
/** A connection that ends is mostly its agent's end, of which the daemon tells a moment later. */
const LOST_AFTER_MS = 2000;
const beginning = turns(AT_ONCE);

export function followTerminal(
  context: DockerContext,
  { id, slug }: AgentContainer,
  emit: (event: BackendEvent) => void,
): TerminalFollower {
  const paths = bottlePaths(context.root, slug);
  let [stopped, isOver] = [false, false];
  let screen: Screen | undefined;
  let leave = (): void => {};
  let ended: Promise<void> | undefined;
  const tell = (event: BackendEvent): void => {
    if (!stopped) emit(event);
  };
  const teller = newTeller((said) => tell({ type: "activity", slug, at: new Date().toISOString(), ...said }), {
    edge: () => screen?.tellLastLine(),
  });

  const begin = async (): Promise<void> => {
    const heard: Heard = {
      isStopped: () => stopped,
      screen: (opened) => (screen = opened),
      lastLine: (text) => tell({ type: "last-line", slug, text }),
    };
    const connected = stopped ? undefined : await connect(context, id, paths, teller, heard);
    if (connected === undefined) return;
    ({ leave, ended } = connected);
    void connected.ended.then(() => {
      if (!stopped && !isOver) teller.lose();
    });
  };
  // A container that ended meanwhile is told of by the daemon's events.
  void beginning(begin).catch(() => {});
  return {
    id,
    get isLost() {
      return teller.isLost;
    },
    resized({ attributes }) {
      const size = sizeWithin(Number(attributes["width"]), Number(attributes["height"]));
      if (size !== undefined) screen?.resize(size.cols, size.rows, () => {});
    },
    stop(over) {
      isOver ||= over;
      teller.stop();
      const end = (): void => {
        if (over) screen?.tellLastLine();
        stopped = true;
        leave();
      };
      if (over && ended !== undefined) void within(ended, LAST_WORDS_MS).then(end);
      else end();
    },
  };
}

interface Heard {
  isStopped(): boolean;
  /** Open from now on. */
  screen(opened: Screen): void;
  lastLine(text: string): void;
}

interface Connected {
  leave(): void;
  /** Resolves when the connection has ended and all that came by it is on the screen. */
  readonly ended: Promise<void>;
}

/** Undefined when it was stopped meanwhile. */
async function connect(
  { engine }: DockerContext,
  id: string,
  paths: BottlePaths,
  teller: Teller,
  heard: Heard,
): Promise<Connected | undefined> {
  const { openScreen } = await import("#lib/screen/screen.ts"); // with its emulator
  const container = engine.docker.getContainer(id);
  const redactions = await readRedactions(paths);
  const redactor = redactions.open();
  const [size, rules, past] = await Promise.all([
    readSize(paths),
    readScreenRules(paths),
    tailOf(container, redactor, BEGIN_WITH),
  ]);
  if (heard.isStopped()) return undefined;
  let write = (_data: string): void => {};
  const answers = answerer(paths, (data) => write(data));
  const screen = openScreen(size, answers.answer, 0, teller.drawn, redactions.text);
  heard.screen(screen);
  if (rules !== undefined) teller.read(rules, () => screen.view());
  screen.subscribers.add(
    { send: (event) => event.type === "last-line" && heard.lastLine(event.text), queued: () => 0 },
    false,
  );
  screen.show(past, 0);
  const connection = await connectTerminal(container);
  const leave = (): void => void connection.destroy();
  if (heard.isStopped()) {
    leave();
    return undefined;
  }
  write = (data) => void connection.write(data);
  const live = liveOutput(connection, screen, redactor);
  if (past !== "") teller.rests();
  screen.afterAll(() => screen.tellLastLine());
  answers.begin();
  live.begin(teller.alive);
  return { leave, ended: live.ended.then(() => answers.end()) };
}

interface Teller {
  readonly isLost: boolean;
  /** What its rules read on the screen is told from now on. */
  read(rules: ScreenRules, view: () => ScreenView): void;
  drawn(): void;
  alive(): void;
  /** It has drawn before and does not now; of one that never did nothing is known yet. */
  rests(): void;
  /** The connection is gone although the agent is not. */
  lose(): void;
  stop(): void;
}

type Telling = Pick<Said, "activity" | "authority"> & Partial<Said>;

/** Whether the terminal moves, and what is read there. */
function newTeller(tell: (said: Telling) => void, on: { edge(): void }): Teller {
  let isLost = false;
  let reading: Reading | undefined;
  const clock = activityClock((activity) => {
    on.edge();
    tell({ activity, authority: "terminal" });
  });
  let loss: NodeJS.Timeout | undefined;
  const stop = (): void => {
    clock.stop();
    reading?.stop();
    clearTimeout(loss);
  };
  return {
    get isLost() {
      return isLost;
    },
    read: (rules, view) => void (reading = openReading(rules, view, tell)),
    drawn: () => reading?.changed(),
    alive: () => clock.touch(),
    rests() {
      if (clock.activity === undefined) tell({ activity: "idle", authority: "terminal" });
    },
    lose() {
      isLost = true;
      stop();
      const said = {
        activity: "unknown",
        authority: "terminal",
        detail: "the connection to its terminal is lost",
      } as const;
      loss = setTimeout(() => tell(said), LOST_AFTER_MS).unref();
    },
    stop,
  };
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
