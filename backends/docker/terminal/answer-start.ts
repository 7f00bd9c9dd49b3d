// Answers what an agent asks its terminal as it starts: nobody else may be there yet, and some agents wait for the answers, or
// give up without them. Whoever watches or attaches afterwards answers what comes later (answering.ts).

import type { Container } from "dockerode";

import type { BottlePaths } from "#lib/paths.ts";
import { newRedactor } from "#lib/redact/redactor.ts";

import { answerer } from "./answering.ts";
import { connectTerminal } from "./connection.ts";
import { liveOutput } from "./live-output.ts";
import { readSize } from "./size.ts";

export interface StartAnswers {
  /** From now on output is the agent's. */
  begin(): void;
  /** Resolves when it has asked what it asks, or nothing for a while. */
  readonly calm: Promise<void>;
  /** Goes on for a while, as long as this process lives anyway, and then makes way for whoever watches. */
  leaveSoon(): void;
  end(): void;
}

/** How long to wait for a first output, for a question after it, and for another after that. Milliseconds. */
interface Patience {
  readonly output: number;
  readonly question: number;
  readonly another: number;
}

/** One that takes over the screen asks with the first that it draws, which may take it seconds. */
const FOR_SCREEN: Patience = { output: 3000, question: 200, another: 300 };
/** Others ask at once or not at all, and the launch does not wait for them any longer. */
const FOR_OTHERS: Patience = { output: 250, question: 50, another: 200 };
const AT_MOST_MS = 6000;
const LEAVES_AFTER_MS = 10_000;

/** Undefined where its terminal cannot be had: then it starts unanswered, as before. */
export async function answerStart(
  container: Container,
  paths: BottlePaths,
  hasScreen: boolean,
): Promise<StartAnswers | undefined> {
  const patience = hasScreen ? FOR_SCREEN : FOR_OTHERS;
  const [{ openScreen }, size, connection] = await Promise.all([
    import("#lib/screen/screen.ts"), // with its emulator
    readSize(paths),
    connectTerminal(container).catch(() => undefined),
  ]);
  if (connection === undefined) return undefined;
  const calm = calmAfter(AT_MOST_MS);
  const answers = answerer(paths, (data) => void connection.write(data));
  const answer = (data: string): void => {
    calm.in(patience.another);
    answers.answer(data);
  };
  const live = liveOutput(connection, openScreen(size, answer, 0), newRedactor([], Buffer.alloc(0)));
  void live.ended.then(() => calm.in(0));
  let isFirst = true;
  const end = (): void => {
    calm.in(0);
    answers.end();
    connection.destroy();
  };
  return {
    begin() {
      calm.in(patience.output);
      answers.begin();
      live.begin(() => {
        if (isFirst) calm.in(patience.question);
        isFirst = false;
      });
    },
    calm: calm.reached,
    leaveSoon: () => void setTimeout(end, LEAVES_AFTER_MS).unref(),
    end,
  };
}

/** A moment that is put off again and again, but never beyond `most` from the first time on. */
function calmAfter(most: number): { readonly reached: Promise<void>; in(ms: number): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  let timer: NodeJS.Timeout | undefined;
  let last: NodeJS.Timeout | undefined;
  const reach = (): void => {
    clearTimeout(timer);
    clearTimeout(last);
    resolve();
  };
  return {
    reached: promise,
    in(ms) {
      clearTimeout(timer);
      last ??= setTimeout(reach, most);
      timer = setTimeout(reach, ms);
    },
  };
}
