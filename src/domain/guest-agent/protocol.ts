// The guest-agent protocol: newline-delimited JSON over a stream. Requests carry an id, responses repeat it;
// many may be in flight. Bytes of the terminal travel as UTF-8 text that never splits a character.

import * as z from "zod";

import { ACTIVITIES, AUTHORITIES } from "#domain/fleet/run-status.ts";

const id = z.union([z.string().max(64), z.int()]);
const cols = z.int().min(1).max(1000);
const rows = z.int().min(1).max(1000);

const SHELL_SIGNALS = ["HUP", "INT", "TERM", "KILL"] as const;

/** Whether the terminal moves, or what the rules of its provider read there. */
export const ShellActivity = z.strictObject({
  activity: z.enum(ACTIVITIES),
  authority: z.enum(AUTHORITIES).default("terminal"),
  /** What an agent waits for. */
  detail: z.string().default(""),
  /** The rule that matched, and the text that did. */
  rule: z.string().default(""),
  evidence: z.string().default(""),
});
export type ShellActivity = z.infer<typeof ShellActivity>;

/** The shell that the agent runs in is always named "agent"; more may be opened by later issues. */
export const GuestRequest = z.discriminatedUnion("action", [
  /**
   * Answers { pid, cols, rows, started_at, activity, read, exit: ExitRecord | null, cpu, memory }; `activity` is whether the
   * terminal moves, `read` a ShellActivity, absent while no rule has matched.
   */
  z.strictObject({ id, action: z.literal("status_shell"), shell: z.string() }),
  /** Answers { data, next_cursor, truncated }: raw output from byte offset `cursor`, at most 65,536 characters. */
  z.strictObject({ id, action: z.literal("read_shell"), shell: z.string(), cursor: z.int().nonnegative() }),
  /**
   * Answers { snapshot, cols, rows, cursor, activity, read, last_line, started_at } — text that rebuilds the screen, its modes and its scrollback in an empty
   * terminal of that size — and then streams ShellEvents with this id until `unsubscribe_shell` or the connection ends.
   */
  z.strictObject({
    id,
    action: z.literal("subscribe_shell"),
    shell: z.string(),
    /** False: only activity, last-line and exit, and an empty snapshot; for a fleet of many. */
    output: z.boolean().default(true),
  }),
  /** Answers { lines, title, progress }: what is on the screen now, as plain text. */
  z.strictObject({ id, action: z.literal("view_shell"), shell: z.string() }),
  z.strictObject({ id, action: z.literal("unsubscribe_shell"), subscription: id }),
  z.strictObject({ id, action: z.literal("write_shell"), shell: z.string(), data: z.string().max(1_048_576) }),
  z.strictObject({ id, action: z.literal("resize_shell"), shell: z.string(), cols, rows }),
  z.strictObject({ id, action: z.literal("signal_shell"), shell: z.string(), signal: z.enum(SHELL_SIGNALS) }),
  /** HUP, after 5 s KILL; answers when the shell is gone: { exit: ExitRecord }. */
  z.strictObject({ id, action: z.literal("close_shell"), shell: z.string() }),
]);
export type GuestRequest = z.infer<typeof GuestRequest>;

export const GuestResponse = z.union([
  z.looseObject({ id, ok: z.literal(true) }),
  z.strictObject({
    id: id.nullable(),
    ok: z.literal(false),
    error: z.strictObject({ code: z.string(), message: z.string() }),
  }),
]);
export type GuestResponse = z.infer<typeof GuestResponse>;

/** What a subscription streams: `{ id: <the subscription's>, event }`. */
export const ShellEvent = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("output"), data: z.string(), cursor: z.int() }),
  z.strictObject({ type: z.literal("resize"), cols, rows }),
  /** By the terminal, edges only: busy, output or input lately; idle, none for a while. By title or screen, what a rule says. */
  ShellActivity.extend({ type: z.literal("activity"), at: z.iso.datetime() }),
  z.strictObject({ type: z.literal("last-line"), text: z.string() }),
  /** The subscriber was too slow: output was dropped; this snapshot replaces its screen. */
  z.strictObject({ type: z.literal("reset"), snapshot: z.string(), cols, rows, cursor: z.int(), dropped: z.int() }),
  z.strictObject({
    type: z.literal("exit"),
    exit: z.strictObject({
      at: z.iso.datetime(),
      exit_code: z.int().nullable(),
      signal: z.string().nullable(),
      reason: z.enum(["exited", "stopped"]),
    }),
  }),
]);
export type ShellEvent = z.infer<typeof ShellEvent>;
