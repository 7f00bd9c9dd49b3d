// Drives the pure view as the store does, with a clock of its own: keys in, view and effects out.

import { DEFAULT_CONFIG } from "#domain/config/config.ts";
import { bindKeys, type Keymap } from "#modes/tui/actions.ts";
import type { Context } from "#modes/tui/context.ts";
import { rememberWords } from "#modes/tui/proposal-words.ts";
import { reduce, type Intent } from "#modes/tui/reduce.ts";
import { sceneOf, type Scene } from "#modes/tui/scene.ts";
import { RequestRing } from "#modes/tui/request-ring.ts";
import { NO_TRAFFIC_YET, type Traffic } from "#modes/tui/traffic.ts";
import { firstView, type Effect, type Size, type View } from "#modes/tui/view.ts";

import { scriptedConsole, type ScriptedConsole } from "./scripted-console.ts";

const START = Date.parse("2030-01-01T12:00:00.000Z");

export interface ViewDriver {
  readonly console: ScriptedConsole;
  view: View;
  readonly effects: Effect[];
  /** What the proxy told of the selected bottle. */
  traffic: Traffic;
  context(): Context;
  /** `unseen`: findings in answers, by bottle. */
  scene(unseen?: Readonly<Record<string, number>>): Scene;
  send(intent: Intent): void;
  /** Each key on its own; ten milliseconds pass between them. */
  press(...keys: string[]): void;
  /** Milliseconds go by. */
  wait(ms: number): void;
  /** The fleet's changes reach the view. */
  sync(): void;
  notice(): string;
}

/** The traffic of a bottle as the dashboard would have read it. */
export function trafficOf(console: ScriptedConsole, slug: string): Traffic {
  const requests = new RequestRing();
  const status = console.script.egressStatus(slug);
  for (const request of status.recent) requests.push(request);
  return { requests, status };
}

export function driveView(size: Size = { cols: 100, rows: 40 }, keymap: Keymap = bindKeys()): ViewDriver {
  let at = START;
  const console = scriptedConsole({ now: () => new Date(at) });
  const words = rememberWords(() => []);
  const bare = () => ({
    view: driver.view,
    fleet: console.fleet(),
    at,
    logs: { first: 0, last: 99 },
    traffic: driver.traffic,
    words: words(console.fleet(), driver.view.dockerfiles),
    backends: console.backends,
  });
  const driver: ViewDriver = {
    console,
    view: firstView(size, DEFAULT_CONFIG),
    effects: [],
    traffic: NO_TRAFFIC_YET,
    scene: (unseen = {}) =>
      sceneOf({ context: bare(), keymap, watch: null, color: true, crashTail: { lines: [], problem: null }, unseen }),
    context: () => ({ ...bare(), scrollable: driver.scene().scrollable }),
    send(intent) {
      const next = reduce(driver.context(), intent, keymap);
      driver.view = next.view;
      driver.effects.push(...next.effects);
    },
    press(...keys) {
      for (const name of keys) {
        at += 10;
        driver.send({ type: "key", name });
      }
    },
    wait(ms) {
      at += ms;
    },
    sync: () => driver.send({ type: "fleet-changed" }),
    notice: () => driver.view.notice?.text ?? "",
  };
  return driver;
}
