// The fleet after an event: a pure reducer. What did not change stays the same object, rows and lists too.

import { plainLine } from "#domain/plain-text.ts";

import type { CredentialRecord } from "#domain/provider/credential.ts";

import { bestWord, withWord } from "./agent-state.ts";
import { agentWaitsSince, deriveState, pendingOf, type Standing } from "./derive-state.ts";
import type { FleetEvent } from "./event.ts";
import type { BottleRow, Fleet, InboxItem } from "./fleet.ts";
import type { Metadata } from "./metadata.ts";
import type { RunStatus, Word, Words } from "./run-status.ts";
import { reduceInbox } from "./reduce-inbox.ts";
import { isSame } from "./same.ts";
import { isAlarm } from "./urgency.ts";

export const emptyFleet: Fleet = { bottles: [], inbox: [], hosts: {}, problems: {} };

/** More bottles than these never wait for their metadata at once; beyond, the oldest are forgotten. */
const EARLY_LIMIT = 1000;

/** The same object when nothing changed. Everything that an agent made is plain text afterwards. */
export function reduceFleet(fleet: Fleet, event: FleetEvent, now: Date): Fleet {
  switch (event.type) {
    case "bottle-found":
      return found(fleet, event.slug, event.metadata, now);
    case "bottle-removed":
      return removed(fleet, event.slug);
    case "run-status":
    case "activity":
    case "last-line":
    case "stats":
    case "isolation":
    case "credentials":
    case "sidecar":
      return onRow(fleet, event, now);
    case "proposal":
    case "proposal-seen":
    case "decision":
    case "undo":
    case "proposal-archived":
    case "uses":
      return onInbox(fleet, event, now);
    case "host":
      return withEntry(fleet, "hosts", plainLine(event.host), { up: event.up, detail: plainLine(event.detail) });
    case "problem":
      return withEntry(fleet, "problems", plainLine(event.where), plainLine(event.message));
    case "problem-solved":
      return withoutEntry(fleet, "problems", plainLine(event.where));
  }
}

/** Time has passed: what nobody confirmed becomes unknown. The same object when nothing did. */
export function passTime(fleet: Fleet, now: Date): Fleet {
  const at = now.toISOString();
  let changed = false;
  const bottles = fleet.bottles.map((row) => {
    const next = row.doubtful_at !== undefined && row.doubtful_at <= at ? settle(row, row, fleet.inbox, now) : row;
    changed ||= next !== row;
    return next;
  });
  return changed ? { ...fleet, bottles } : fleet;
}

/** False when no row can change by itself. */
export function canBecomeStale({ bottles }: Fleet): boolean {
  return bottles.some(({ doubtful_at }) => doubtful_at !== undefined);
}

type RowEvent = Extract<
  FleetEvent,
  { type: "run-status" | "activity" | "last-line" | "stats" | "isolation" | "credentials" | "sidecar" }
>;
type InboxEvent = Parameters<typeof reduceInbox>[1];

function found(fleet: Fleet, slug: string, metadata: Metadata, now: Date): Fleet {
  const index = indexOf(fleet.bottles, slug);
  const old = fleet.bottles[index];
  const named = { ...(old ?? emptyRow(slug, metadata)), ...identityOf(metadata) };
  const row = settle(old, named, fleet.inbox, now);
  if (old !== undefined && isSame(old, row)) return fleet;
  const others = old === undefined ? fleet.bottles : fleet.bottles.toSpliced(index, 1);
  const { early, ...rest } = { ...fleet, bottles: others.toSpliced(placeOf(others, row), 0, row) };
  const { [slug]: waiting, ...still } = early ?? {};
  const next = Object.keys(still).length === 0 ? rest : { ...rest, early: still };
  return Object.values(waiting ?? {}).reduce<Fleet>((so, event) => reduceFleet(so, event, now), next);
}

function removed(fleet: Fleet, slug: string): Fleet {
  const index = indexOf(fleet.bottles, slug);
  if (index === -1) return fleet;
  return { ...fleet, bottles: fleet.bottles.toSpliced(index, 1) };
}

function onRow(fleet: Fleet, event: RowEvent, now: Date): Fleet {
  const index = indexOf(fleet.bottles, event.slug);
  const old = fleet.bottles[index];
  if (old === undefined) return remember(fleet, event);
  const told = isOutdated(old, event) ? old : tell(old, event);
  if (isSame(old, told)) return fleet;
  const isLost = event.type === "run-status" && event.status.phase === "lost";
  const row = settle(old, isLost ? told : { ...told, confirmed_at: now.toISOString() }, fleet.inbox, now);
  return { ...fleet, bottles: fleet.bottles.with(index, row) };
}

function onInbox(fleet: Fleet, event: InboxEvent, now: Date): Fleet {
  const inbox = reduceInbox(fleet.inbox, event);
  const slug = event.type === "proposal" ? event.proposal.bottle_slug : event.slug;
  const index = indexOf(fleet.bottles, slug);
  const old = fleet.bottles[index];
  const row = old === undefined ? undefined : settle(old, old, inbox, now);
  const bottles = row === undefined || row === old ? fleet.bottles : fleet.bottles.with(index, row);
  return inbox === fleet.inbox && bottles === fleet.bottles ? fleet : { ...fleet, inbox, bottles };
}

/** The end of an earlier run, or what an agent said of itself in one, read late. */
function isOutdated({ run }: BottleRow, event: RowEvent): boolean {
  if (event.type === "run-status") {
    const lives = run?.phase === "starting" || run?.phase === "running";
    const ends = event.status.phase === "exited" || event.status.phase === "stopped";
    return lives && ends && event.status.since < run.since;
  }
  return event.type === "activity" && run?.phase === "running" && isWritten(event.authority) && event.at < run.since;
}

/** Kept in a file that outlives the run; the others are told by whoever follows this run's terminal. */
function isWritten(authority: keyof Words): boolean {
  return authority === "conversation" || authority === "agent";
}

/** Events may come before the metadata is read: from each sort the newest is kept. */
function remember(fleet: Fleet, event: RowEvent): Fleet {
  const sort = sortOf(event);
  const all = Object.entries(fleet.early ?? {}).filter(([slug]) => slug !== event.slug);
  const kept = all.slice(Math.max(0, all.length - EARLY_LIMIT + 1));
  return {
    ...fleet,
    early: Object.fromEntries([...kept, [event.slug, { ...fleet.early?.[event.slug], [sort]: event }]]),
  };
}

function sortOf(event: RowEvent): string {
  if (event.type === "sidecar") return `sidecar ${event.sidecar}`;
  return event.type === "activity" ? `activity ${event.authority}` : event.type;
}

function emptyRow(slug: string, metadata: Metadata): BottleRow {
  return {
    slug,
    ...identityOf(metadata),
    state: "unknown",
    since: plainLine(metadata.started_at),
    pending: 0,
    alarms: 0,
    exit_code: null,
    signal: null,
    isolation: null,
    stats: null,
    last_line: "",
    down: {},
  };
}

function identityOf(metadata: Metadata) {
  return {
    agent: plainLine(metadata.agent_name),
    bottle: plainLine(metadata.bottle),
    provider: plainLine(metadata.provider),
    backend: plainLine(metadata.backend),
    host: plainLine(metadata.host),
    started_at: plainLine(metadata.started_at),
    label: plainLine(metadata.label),
    color: plainLine(metadata.color),
  };
}

/** The row with what the event says, before its state is derived again. */
function tell(row: BottleRow, event: RowEvent): BottleRow {
  switch (event.type) {
    case "run-status": {
      const { status } = event;
      const ended =
        status.phase === "exited"
          ? { exit_code: status.exit_code, signal: status.signal }
          : { exit_code: null, signal: null };
      return { ...withWords(row, wordsInRun(row, status)), ...ended, run: status };
    }
    case "activity": {
      const { activity, at, since = at, authority, detail = "", rule = "", evidence = "" } = event;
      const said = { detail: plainLine(detail), rule: plainLine(rule), evidence: plainLine(evidence) };
      return withWords(
        row,
        withWord(row.words ?? {}, inRun({ activity, at: since, confirmed: at, authority, ...said }, row.run)),
      );
    }
    case "last-line":
      return { ...row, last_line: plainLine(event.text) };
    case "stats":
      return { ...row, stats: event.stats };
    case "isolation":
      return { ...row, isolation: event.isolation };
    case "credentials":
      return withCredential(row, event.record);
    case "sidecar": {
      const { [event.sidecar]: _was, ...down } = row.down;
      return { ...row, down: event.up ? down : { ...down, [event.sidecar]: plainLine(event.detail) } };
    }
  }
}

/** What was said in a run before this one says nothing about it. */
function wordsInRun({ words = {}, run }: BottleRow, status: RunStatus): Words {
  if (status.phase === "starting") return {};
  if (status.phase !== "running") return words;
  const isOther = run !== undefined && (run.phase !== "running" || run.since !== status.since);
  const said = Object.values(words).filter(({ authority, confirmed }) =>
    isWritten(authority) ? confirmed >= status.since : !isOther || run.phase === "starting",
  );
  return Object.fromEntries(said.map((word) => [word.authority, inRun(word, status)]));
}

/** supervise may outlive a run: what was said before it and again in it is since then only. */
function inRun(word: Word, run: RunStatus | undefined): Word {
  return run?.phase === "running" && isWritten(word.authority) && word.at < run.since
    ? { ...word, at: word.confirmed }
    : word;
}

function withWords({ activity: _was, words: _were, ...row }: BottleRow, words: Words): BottleRow {
  const activity = bestWord(words);
  return activity === undefined ? row : { ...row, words, activity };
}

function withCredential({ credential: _was, ...row }: BottleRow, { credentials }: CredentialRecord): BottleRow {
  const known = credentials.flatMap(({ source, expires_at, renew }) =>
    expires_at === null ? [] : [{ source: plainLine(source), expires_at, renew: plainLine(renew) }],
  );
  const first = known.toSorted((a, b) => (a.expires_at < b.expires_at ? -1 : 1))[0];
  return first === undefined ? row : { ...row, credential: first };
}

/** `row` with the state, its beginning and the pending count that follow from it and the inbox. */
function settle(old: BottleRow | undefined, row: BottleRow, inbox: readonly InboxItem[], now: Date): BottleRow {
  const pending = pendingOf(inbox, row.slug, now);
  const { why: _why, doubtful_at: _doubtful, ...facts } = row;
  const standing = deriveState(row.run, row.words ?? {}, agentWaitsSince(pending), now);
  const { why = "", doubtfulAt } = standing;
  const settled = {
    ...facts,
    state: standing.state,
    ...(why === "" ? {} : { why }),
    ...(doubtfulAt === undefined ? {} : { doubtful_at: doubtfulAt }),
    pending: pending.length,
    alarms: pending.filter(({ proposal }) => isAlarm(proposal)).length,
    since: beginning(old, row, standing, now),
  };
  return old !== undefined && isSame(old, settled) ? old : settled;
}

/** A state that goes on keeps its beginning; one that an older fact explains (idle again after an answer) begins now. */
function beginning(old: BottleRow | undefined, row: BottleRow, { state, since }: Standing, now: Date): string {
  if (old === undefined) return since ?? row.started_at;
  if (old.state === state) return old.since;
  return since === undefined || since < old.since ? now.toISOString() : since;
}

function indexOf(bottles: readonly BottleRow[], slug: string): number {
  return bottles.findIndex((row) => row.slug === slug);
}

/** By (started_at, slug), so that nothing jumps while states change. */
function placeOf(bottles: readonly BottleRow[], row: BottleRow): number {
  let [low, high] = [0, bottles.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBefore(bottles[middle]!, row)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isBefore(a: BottleRow, b: BottleRow): boolean {
  return a.started_at === b.started_at ? a.slug < b.slug : a.started_at < b.started_at;
}

function withEntry<K extends "hosts" | "problems">(fleet: Fleet, part: K, key: string, value: Fleet[K][string]): Fleet {
  if (Object.hasOwn(fleet[part], key) && isSame(fleet[part][key], value)) return fleet;
  return { ...fleet, [part]: { ...fleet[part], [key]: value } };
}

function withoutEntry(fleet: Fleet, part: "problems", key: string): Fleet {
  if (!Object.hasOwn(fleet[part], key)) return fleet;
  const { [key]: _solved, ...rest } = fleet[part];
  return { ...fleet, [part]: rest };
}
