// The rows of the open tab that are visible now, and how far it can be scrolled.

import { hostsDown, isStale } from "#components/hosts.ts";
import { hasEnded } from "#components/fleet-list.ts";
import type { PreviewProps } from "#components/main-screen.tsx";
import { itemRow } from "#components/inbox-rows.ts";
import { BOLD, DIM, row, span, wrap, YELLOW, type Row } from "#components/rows.ts";
import { auditRows } from "#components/tabs/audit-rows.ts";
import { infoRows } from "#components/tabs/info-rows.ts";
import { logRows } from "#components/tabs/log-rows.ts";
import { tabProblem } from "#components/tabs/tab.ts";
import { plural } from "#components/words.ts";
import type { BottleRow, Fleet, InboxItem } from "#domain/fleet/fleet.ts";

import { isUnanswered, type Context } from "./context.ts";
import { egressPreview } from "./egress-preview.ts";
import type { View } from "./view.ts";
import type { BottleWatch } from "./watch-bottle.ts";

export interface PreviewContent extends Omit<PreviewProps, "active" | "unseen"> {
  /** How far it can be scrolled away from where it starts. */
  readonly scrollable: number;
}

export interface PreviewNeeds {
  readonly context: Omit<Context, "scrollable">;
  readonly bottle: BottleRow | undefined;
  /** Null while nothing of this bottle has been opened. */
  readonly watch: BottleWatch | null;
  readonly width: number;
  readonly height: number;
}

export function previewContent(needs: PreviewNeeds): PreviewContent {
  const { view } = needs.context;
  const content = contentOf(needs);
  return { tab: view.tab, ...content };
}

type Content = Pick<PreviewContent, "rows" | "note" | "scrollable">;

function contentOf(needs: PreviewNeeds): Content {
  const { bottle, watch, context, width, height } = needs;
  if (bottle === undefined) return message("no bottle is selected", width);
  const { view } = context;
  switch (view.tab) {
    case "screen":
      return screenContent(needs, bottle);
    case "logs":
      return watch === null ? message("reading the logs…", width) : logContent(watch, view, width, height);
    case "egress":
      return { ...egressPreview({ context, problem: watch?.egress.problem ?? "", width, height }), scrollable: 0 };
    case "proposals":
      return proposalContent(needs, bottle);
    case "conversation":
      return message(tabProblem("conversation") ?? "", width);
    case "info":
      return fromTheStart(infoRows(bottle, width, context.at, staleReason(context.fleet, bottle)), view.scroll, height);
    case "audit":
      if (watch === null || watch.audit.note !== "")
        return message(watch?.audit.note ?? "reading the audit trail…", width);
      return fromTheEnd(auditRows(watch.audit.entries), view.scroll, height);
  }
}

/** Why what is known of it may be old: its host does not answer. */
function staleReason(fleet: Fleet, bottle: BottleRow): string | undefined {
  return isStale(bottle, hostsDown(fleet)) ? fleet.hosts[bottle.host]?.detail : undefined;
}

function message(text: string, width: number): Content {
  return { rows: wrap(text, width, DIM), note: [], scrollable: 0 };
}

function fromTheStart(rows: readonly Row[], scroll: number, height: number): Content {
  return visibleOf(rows, (line) => line, scroll, height);
}

/** Only what is visible is made into rows. */
function visibleOf<T>(all: readonly T[], rowOf: (one: T) => Row, scroll: number, height: number): Content {
  const scrollable = Math.max(0, all.length - height);
  const start = Math.min(scroll, scrollable);
  const below = all.length - start - height;
  return {
    rows: all.slice(start, start + height).map(rowOf),
    note: below > 0 ? row(span(`${below} more ↓`, DIM)) : [],
    scrollable,
  };
}

function fromTheEnd(rows: readonly Row[], scroll: number, height: number): Content {
  const scrollable = Math.max(0, rows.length - height);
  const up = Math.min(scroll, scrollable);
  const end = rows.length - up;
  return {
    rows: rows.slice(Math.max(0, end - height), end),
    note: up > 0 ? row(span(`${up} more ↓`, BOLD)) : [],
    scrollable,
  };
}

function screenContent({ watch, context, width, height }: PreviewNeeds, bottle: BottleRow): Content {
  const screen = watch?.screen ?? null;
  if (screen === null) {
    const note = watch?.screenNote ?? "";
    if (hasEnded(bottle))
      return message(`${bottle.slug} does not run. What it printed is in Logs (2); R resumes it.`, width);
    return message(note === "" ? "connecting to its terminal…" : note, width);
  }
  const scrollable = Math.max(0, screen.length - height);
  const up = Math.min(context.view.scroll, scrollable);
  return {
    rows: screen.visible(height, up, width),
    note: screenNote(screen, watch?.screenNote ?? "", up, width),
    scrollable,
  };
}

function screenNote(screen: { cols: number; rows: number }, ended: string, up: number, width: number): Row {
  const size = `${screen.cols}x${screen.rows}${screen.cols > width ? `, ${screen.cols - width} columns cut` : ""}`;
  return row(
    ...(ended === "" ? [] : [span(`${ended}  `, { color: YELLOW })]),
    ...(up > 0 ? [span(`${up} more ↓  `, BOLD)] : []),
    span(size, DIM),
  );
}

/** Only as many lines as can be seen are laid out, from the last visible one upwards. */
function logContent({ logs }: BottleWatch, view: View, width: number, height: number): Content {
  const { pausedAt, search, match, wrap: wrapping, times } = view.logs;
  const bottom = pausedAt === null ? logs.last : Math.max(logs.first, Math.min(pausedAt, logs.last));
  const rows: Row[] = [];
  for (let seq = bottom; seq >= logs.first && rows.length < height; seq -= 1) {
    const line = logs.at(seq);
    if (line !== undefined) rows.unshift(...logRows(line, { search, match, wrap: wrapping, times, width }));
  }
  const shown = rows.slice(-height);
  return {
    rows: shown.length === 0 ? [row(span("no line yet", DIM))] : shown,
    note: logNote(logs, pausedAt, bottom, search),
    scrollable: 0,
  };
}

function logNote(logs: BottleWatch["logs"], pausedAt: number | null, bottom: number, search: string): Row {
  const dropped = logs.dropped > 0 ? [span(`${plural(logs.dropped, "older line")} dropped  `, { color: YELLOW })] : [];
  const searched = search === "" ? [] : [span(`/${search}  n next, N before  `)];
  const position =
    pausedAt === null
      ? span("FOLLOWING", BOLD)
      : span(
          `PAUSED ${bottom - logs.first + 1}/${logs.last - logs.first + 1}, ${plural(logs.last - bottom, "newer line")}`,
          { bold: true, color: YELLOW },
        );
  return row(...dropped, ...searched, position);
}

function proposalContent({ context, width, height }: PreviewNeeds, { slug }: BottleRow): Content {
  const items = context.fleet.inbox.filter(({ proposal }) => proposal.bottle_slug === slug).toReversed();
  if (items.length === 0) return message("this bottle asked for nothing yet", width);
  const rowOf = (item: InboxItem): Row => {
    const words = context.words(item);
    const warnings = words.warnings.filter(({ severity }) => severity === "danger").length;
    return itemRow(
      {
        item,
        ended: isUnanswered(item, context.fleet, context.at),
        title: words.title,
        warnings,
        build: context.view.builds[item.proposal.id],
      },
      { selected: false, withSlug: false, width, now: context.at },
    );
  };
  return visibleOf(items, rowOf, context.view.scroll, height);
}
