// What the preview shows of one bottle, read from its sources while it is selected: nothing of it goes through React.

import type { Console } from "#contracts/console.ts";
import type { AuditEntry } from "#domain/audit/entry.ts";
import type { EgressRequest, EgressStatus } from "#domain/egress/control.ts";
import { plainLine } from "#domain/plain-text.ts";

import { createAgentScreen, type AgentScreen } from "./agent-screen.ts";
import { createLogRing, type LogRing } from "./log-ring.ts";
import type { Tab } from "#components/tabs/tab.ts";

const LOG_TAIL = 2000;
const REQUESTS = 500;

export interface BottleWatch {
  readonly slug: string;
  readonly screen: AgentScreen | null;
  /** Why there is no screen, or how it ended. */
  readonly screenNote: string;
  readonly logs: LogRing;
  readonly egress: { readonly status: EgressStatus | null; readonly requests: readonly EgressRequest[]; readonly note: string };
  readonly audit: { readonly entries: readonly AuditEntry[]; readonly note: string };
  /** Opens the sources of a tab when they are not open yet. */
  show(tab: Tab): void;
  /** Reads again what has no stream of its own. */
  refresh(tab: Tab): void;
  close(): void;
}

export function watchBottle(console: Console, slug: string, changed: () => void): BottleWatch {
  const abort = new AbortController();
  const opened = new Set<Tab>();
  const logs = createLogRing();
  let screen: AgentScreen | null = null;
  let screenNote = "";
  let egress: BottleWatch["egress"] = { status: null, requests: [], note: "" };
  let audit: BottleWatch["audit"] = { entries: [], note: "" };
  const update = (): void => {
    if (!abort.signal.aborted) changed();
  };

  const openScreen = async (): Promise<void> => {
    const terminal = await console.attach(slug);
    if (abort.signal.aborted) return terminal.detach();
    abort.signal.addEventListener("abort", () => terminal.detach());
    const opening = createAgentScreen(terminal, update);
    screen = opening;
    update();
    for await (const event of terminal.events) {
      await opening.take(event);
      if (event.type === "exit") screenNote = `ended: ${event.exit.signal ?? `exit ${event.exit.exit_code ?? "?"}`}`;
    }
    if (screenNote === "") screenNote = "no longer connected";
    update();
  };

  const openEgress = async (): Promise<void> => {
    const take = (request: EgressRequest): void => {
      egress = { ...egress, requests: [...egress.requests, request].slice(-REQUESTS) };
      update();
    };
    await readEgress();
    egress = { ...egress, requests: egress.status?.recent ?? [] };
    await console.egress.requests(slug, take, abort.signal);
  };
  const readEgress = async (): Promise<void> => {
    egress = { ...egress, status: await console.egress.status(slug), note: "" };
    update();
  };
  const readAudit = async (): Promise<void> => {
    audit = { entries: await console.audit(slug), note: "" };
    update();
  };

  const failing = (work: Promise<void>, note: (text: string) => void): void => {
    work.catch((error: unknown) => {
      if (abort.signal.aborted) return;
      note(plainLine(error instanceof Error ? error.message : String(error)));
      update();
    });
  };

  const open = (tab: Tab): void => {
    switch (tab) {
      case "screen":
        return failing(openScreen(), (text) => (screenNote = text));
      case "logs":
        return failing(
          console.logs(slug, { tail: LOG_TAIL, follow: true }, (line) => (logs.push(line), update()), abort.signal),
          (text) => logs.push({ at: new Date().toISOString(), source: "dashboard", text }),
        );
      case "egress":
        return failing(openEgress(), (text) => (egress = { ...egress, note: text }));
      case "audit":
        return failing(readAudit(), (text) => (audit = { ...audit, note: text }));
      case "proposals":
      case "conversation":
      case "info":
        return;
    }
  };

  return {
    slug,
    get screen() {
      return screen;
    },
    get screenNote() {
      return screenNote;
    },
    logs,
    get egress() {
      return egress;
    },
    get audit() {
      return audit;
    },
    show(tab) {
      if (opened.has(tab)) return;
      opened.add(tab);
      open(tab);
    },
    refresh(tab) {
      if (tab === "audit") failing(readAudit(), (text) => (audit = { ...audit, note: text }));
      if (tab === "egress" && opened.has("egress")) failing(readEgress(), (text) => (egress = { ...egress, note: text }));
    },
    close() {
      abort.abort();
      screen?.dispose();
    },
  };
}
