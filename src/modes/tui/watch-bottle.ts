// What the preview shows of one bottle, read from its sources while it is selected: nothing of it goes through React.

import type { Tab } from "#components/tabs/tab.ts";
import type { Console } from "#contracts/console.ts";
import type { AuditEntry } from "#domain/audit/entry.ts";

import type { AgentScreen } from "./agent-screen.ts";
import { EgressFollower } from "./follow-egress.ts";
import { messageOf } from "./message-of.ts";
import { LOG_LIMITS, LogRing } from "./log-ring.ts";

const LOG_TAIL = 2000;

export interface AuditWatch {
  readonly entries: readonly AuditEntry[];
  readonly note: string;
}

export class BottleWatch {
  readonly slug: string;
  readonly logs: LogRing;
  screen: AgentScreen | null = null;
  /** Why there is no screen, or how it ended. */
  screenNote = "";
  readonly egress: EgressFollower;
  audit: AuditWatch = { entries: [], note: "" };
  readonly #console: Console;
  readonly #changed: () => void;
  readonly #abort = new AbortController();
  readonly #opened = new Set<Tab>();

  constructor(console: Console, slug: string, changed: () => void, logLines: number) {
    this.slug = slug;
    this.logs = new LogRing({ ...LOG_LIMITS, lines: logLines });
    this.#console = console;
    this.#changed = changed;
    this.egress = new EgressFollower(console.egress, slug, this.#abort.signal, () => this.#update());
  }

  /** Opens the sources of a tab when they are not open yet. */
  show(tab: Tab): void {
    if (this.#opened.size === 0) this.egress.refresh();
    if (this.#opened.has(tab)) return;
    this.#opened.add(tab);
    this.#open(tab);
  }

  /** Reads again what has no stream of its own; what the proxy found counts in every tab. */
  refresh(tab: Tab): void {
    if (this.#opened.size > 0) this.egress.refresh();
    if (!this.#opened.has(tab)) return;
    if (tab === "audit") this.#open("audit");
  }

  close(): void {
    this.#abort.abort();
    this.screen?.dispose();
  }

  #open(tab: Tab): void {
    switch (tab) {
      case "screen":
        return this.#failing(this.#followScreen(), (note) => (this.screenNote = note));
      case "logs":
        return this.#failing(this.#followLogs(), (text) =>
          this.logs.push({ at: new Date().toISOString(), source: "dashboard", text }),
        );
      case "audit":
        return this.#failing(this.#readAudit(), (note) => (this.audit = { ...this.audit, note }));
      case "egress": // followed whatever is shown, since what was found must be noticed
      case "proposals":
      case "conversation":
      case "info":
        return;
    }
  }

  async #followScreen(): Promise<void> {
    const { signal } = this.#abort;
    const terminal = await this.#console.attach(this.slug);
    // The emulator is not needed for the first frame, and takes a while to load.
    const { createAgentScreen } = await import("./agent-screen.ts");
    if (signal.aborted) return terminal.detach();
    signal.addEventListener("abort", () => terminal.detach());
    const screen = createAgentScreen(terminal, () => this.#update());
    this.screen = screen;
    this.#update();
    for await (const event of terminal.events) {
      await screen.take(event);
      if (event.type === "exit") this.screenNote = event.exit.signal ?? `exit ${event.exit.exit_code ?? "?"}`;
    }
    if (this.screenNote === "") this.screenNote = "not connected";
    this.#update();
  }

  #followLogs(): Promise<void> {
    const take = (line: Parameters<LogRing["push"]>[0]): void => {
      this.logs.push(line);
      this.#update();
    };
    return this.#console.logs(this.slug, { tail: LOG_TAIL, follow: true }, take, this.#abort.signal);
  }

  async #readAudit(): Promise<void> {
    this.audit = { entries: await this.#console.audit(this.slug), note: "" };
    this.#update();
  }

  #failing(work: Promise<void>, note: (text: string) => void): void {
    work.catch((error: unknown) => {
      if (this.#abort.signal.aborted) return;
      note(messageOf(error));
      this.#update();
    });
  }

  #update(): void {
    if (!this.#abort.signal.aborted) this.#changed();
  }
}
