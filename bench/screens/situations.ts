// The situations in which screens of the agents are recorded, how each is brought about, and what state it is.

import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { ScreenView } from "#domain/provider/screen-rules.ts";

import { type AgentName, openSession, type Session } from "./session.ts";

/** `unknown`: no rule may match. */
export type Expected = "busy" | "idle" | "waiting" | "unknown";

export interface Recorded {
  readonly situation: string;
  readonly expected: Expected;
  readonly view: ScreenView;
}

type Take = (situation: string, expected: Expected) => Promise<void>;

export async function recordAgent(agent: AgentName, taken: (recorded: Recorded) => void): Promise<void> {
  await inSession({ agent, turns: CONVERSATION }, taken, async (session, take) => talk(agent, session, take));
  for (const { error, expected } of FAILURES) {
    // oxlint-disable-next-line no-await-in-loop -- one session after the other
    await inSession({ agent, turns: again(error) }, taken, async (session, take) => {
      await fail(agent, session);
      await take(error, expected[agent]);
    });
  }
  await inSession({ agent, turns: SILENT, loggedOut: true }, taken, async (session, take) => {
    await session.waitFor(/\S/);
    await session.calm(1500);
    await take("logged-out", LOGGED_OUT[agent]);
  });
  if (agent === "pi") return; // it asks for nothing
  await inSession({ agent, turns: [{ shell: "rm -rf build" }], asking: true }, taken, async (session, take) => {
    await ready(agent, session);
    await submit(session, "clean up");
    await session.waitFor(APPROVAL[agent]);
    await session.calm();
    await take("approval", "waiting");
  });
  if (agent === "codex") return; // this version asks nobody
  await inSession({ agent, turns: SILENT, untrusted: true, asking: true }, taken, async (session, take) => {
    await session.waitFor(/trust/i);
    await session.calm();
    await take("trust", "waiting");
  });
}

/** What an agent says must never be taken for a prompt of its own. */
const PROSE = [
  "Here is what such prompts look like:",
  "",
  "Do you want to proceed?",
  "❯ 1. Yes",
  "  2. No, and tell me what to do differently (esc)",
  "",
  "Would you like to run the following command?",
  "Enter to confirm · Esc to cancel",
  "⠋ Working... (3s • esc to interrupt)",
].join("\n");

/** Some try again for long, others give up at once. */
const FAILURES: readonly { readonly error: string; readonly expected: Readonly<Record<AgentName, Expected>> }[] = [
  { error: "overloaded", expected: { claude: "busy", codex: "idle", pi: "busy" } },
  { error: "unauthorized", expected: { claude: "idle", codex: "busy", pi: "idle" } },
];

/** Never asked. */
const SILENT = [{ say: "nothing" }];

const CONVERSATION = [
  {
    wait: "thinking",
    say: "I look first.",
    shell: "touch begun; while [ ! -e go ]; do sleep 0.1; done; echo it $((40 + 2))",
  },
  { when: "it 42", say: PROSE },
];

const READY: Readonly<Record<AgentName, RegExp>> = { claude: /❯|>/, codex: /›/, pi: /\d%\// };
const APPROVAL: Readonly<Record<AgentName, RegExp>> = {
  claude: /Do you want to proceed/,
  codex: /Would you like to run|Allow command|run the following/,
  pi: /never/,
};
const LOGGED_OUT: Readonly<Record<AgentName, Expected>> = { claude: "waiting", codex: "waiting", pi: "idle" };

async function talk(agent: AgentName, session: Session, take: Take): Promise<void> {
  await ready(agent, session);
  await take("ready", "idle");
  session.type("a half written prompt");
  await session.calm();
  await take("typing", "idle");
  session.type("\u0015");
  await submit(session, "look around");
  await session.model.until((event) => event.type === "held");
  await session.calm();
  await take("busy", "busy");
  session.model.release("thinking");
  await session.until(() => existsSync(join(session.workspace, "begun")), "command");
  await session.calm(1500);
  await take("tool-running", "busy");
  writeFileSync(join(session.workspace, "go"), "");
  await session.waitFor(/Enter to confirm/);
  await session.calm(1500);
  await take("done", "idle");
}

/** Agents ask again. */
function again(error: string): object[] {
  return Array.from({ length: 12 }, () => ({ error }));
}

async function fail(agent: AgentName, session: Session): Promise<void> {
  await ready(agent, session);
  await submit(session, "look around");
  await session.model.until((event) => event.type === "answered");
  await session.calm(1500);
}

async function ready(agent: AgentName, session: Session): Promise<void> {
  await session.waitFor(READY[agent]);
  await session.calm(1500);
}

/** A text that comes in one piece with Enter is a paste to some. */
async function submit(session: Session, text: string): Promise<void> {
  session.type(text);
  await session.waitFor(new RegExp(text));
  await session.calm(300);
  session.type("\r");
}

async function inSession(
  options: Parameters<typeof openSession>[0],
  taken: (recorded: Recorded) => void,
  run: (session: Session, take: Take) => Promise<void>,
): Promise<void> {
  const session = await openSession(options);
  const clean = (text: string): string => text.replaceAll(/\/tmp\/screens-\w+\/?/g, "/work/");
  try {
    await run(session, async (situation, expected) => {
      const { lines, title, progress } = session.view();
      taken({ situation, expected, view: { lines: lines.map(clean), title: clean(title), progress } });
    });
  } finally {
    await session.close();
  }
}
