// Where the model of a test stands: waits for a step of its scenario, and tells what it saw instead when that does not come.

import type { AnsweredEvent, HeldEvent, ModelEvent } from "#fixtures/model-api/event.ts";
import type { TestModel } from "#tests/helpers/agents/model.ts";

const PATIENCE_MS = 30_000;

/** A turn's stream has begun and waits for `name`. */
export async function heldAt(model: TestModel, name: string): Promise<HeldEvent> {
  return await inTime(
    model,
    `hold at ${name}`,
    model.until((event) => event.type === "held" && event.name === name),
  );
}

/** The end of the answer to the request that took this turn. */
export async function answerTo(model: TestModel, turn: number): Promise<AnsweredEvent> {
  const taken = await inTime(
    model,
    `take turn ${turn}`,
    model.until((event) => event.type === "turn" && event.turn === turn),
  );
  return await inTime(
    model,
    `answer turn ${turn}`,
    model.until((event): event is AnsweredEvent => event.type === "answered" && event.request === taken.request),
  );
}

async function inTime<T extends ModelEvent>(model: TestModel, what: string, step: Promise<ModelEvent>): Promise<T> {
  let patience: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    patience = setTimeout(
      () => reject(new Error(`the model did not ${what}; it saw:\n${model.events.map(inWords).join("\n")}`)),
      PATIENCE_MS,
    );
  });
  try {
    return (await Promise.race([step, late])) as T;
  } finally {
    clearTimeout(patience);
  }
}

function inWords(event: ModelEvent): string {
  const { type, request, at: _at, ...more } = event;
  const last =
    "messages" in more ? { host: more.host, path: more.path, last: more.messages.at(-1)?.text.slice(-200) } : more;
  return `  ${request} ${type} ${JSON.stringify(last)}`;
}
