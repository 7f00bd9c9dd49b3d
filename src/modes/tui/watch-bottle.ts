// What the preview shows of one bottle, read from its sources while it is selected: nothing of it goes through React.

import type { Tab } from "#components/tabs/tab.ts";
import type { Console } from "#contracts/console.ts";
import type { AuditEntry } from "#domain/audit/entry.ts";
import type { EgressRequest, EgressStatus } from "#domain/egress/control.ts";

import type { AgentScreen } from "./agent-screen.ts";
import { messageOf } from "./message-of.ts";
import { LOG_LIMITS, LogRing } from "./log-ring.ts";

const LOG_TAIL = 2000;
const REQUESTS = 500;

export interface EgressWatch {
  readonly status: EgressStatus | null;
  readonly requests: readonly EgressRequest[];
  /** Why it cannot be shown. */
  readonly note: string;
}

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
  egress: EgressWatch = { status: null, requests: [], note: "" };
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
  }

  /** Opens the sources of a tab when they are not open yet. */
  show(tab: Tab): void {
    if (this.#opened.has(tab)) return;
    this.#opened.add(tab);
    this.#open(tab);
  }

  /** Reads again what has no stream of its own. */
  refresh(tab: Tab): void {
    if (!this.#opened.has(tab)) return;
    if (tab === "audit") this.#open("audit");
    if (tab === "egress") this.#failing(this.#readEgress(), (note) => (this.egress = { ...this.egress, note }));
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
      case "egress":
        return this.#failing(this.#followEgress(), (note) => (this.egress = { ...this.egress, note }));
      case "audit":
        return this.#failing(this.#readAudit(), (note) => (this.audit = { ...this.audit, note }));
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

  async #followEgress(): Promise<void> {
    await this.#readEgress();
    this.egress = { ...this.egress, requests: this.egress.status?.recent ?? [] };
    const take = (request: EgressRequest): void => {
      this.egress = { ...this.egress, requests: [...this.egress.requests, request].slice(-REQUESTS) };
      this.#update();
    };
    await this.#console.egress.requests(this.slug, take, this.#abort.signal);
  }

  async #readEgress(): Promise<void> {
    const status = await this.#console.egress.status(this.slug);
    this.egress = { ...this.egress, status, note: "" };
    this.#update();
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
