// Which schema answers which command: docs/schemas/<name>.schema.json is made from this table.

import * as z from "zod";

import { AuditEntry } from "#domain/audit/entry.ts";
import { EgressRequest, EgressStatus, EgressVerdict } from "#domain/egress/control.ts";
import { Learned } from "#domain/egress/learn.ts";
import { PipelockConfig } from "#domain/egress/pipelock.ts";
import { Decision, Undo } from "#domain/proposal/decision.ts";

import { Explained } from "./explained.ts";
import * as shapes from "./schemas.ts";

interface Published {
  readonly schema: z.ZodType;
  /** The command lines whose --json prints it; a stream prints one document a line. */
  readonly printed: string;
}

export const PUBLISHED: Readonly<Record<string, Published>> = {
  report: { schema: shapes.Report, printed: "bottle-dash --json" },
  list: { schema: z.array(shapes.ListRow), printed: "list, list active" },
  "list-available": { schema: z.array(shapes.AvailableRow), printed: "list available" },
  "list-all": { schema: z.array(z.union([shapes.ListRow, shapes.AvailableRow])), printed: "list all" },
  proposals: { schema: z.array(shapes.ProposalRow), printed: "proposals, proposals --all" },
  proposal: { schema: shapes.ProposalDetail, printed: "proposals <id>" },
  decision: { schema: Decision, printed: "approve, reject, edit <id>" },
  undo: { schema: Undo, printed: "undo" },
  preflight: { schema: shapes.PreflightRow, printed: "start --dry-run" },
  started: { schema: shapes.Started, printed: "start, resume, demo" },
  "task-end": { schema: shapes.TaskEnd, printed: "start --prompt, start --prompt-file" },
  explain: { schema: Explained, printed: "explain" },
  stop: { schema: z.array(shapes.StoppedRow), printed: "stop" },
  cleanup: { schema: z.array(shapes.CleanupRow), printed: "cleanup, cleanup --dry-run" },
  exec: { schema: shapes.Executed, printed: "exec" },
  cp: { schema: shapes.Copied, printed: "cp" },
  "log-line": { schema: shapes.LogRow, printed: "logs, one a line" },
  "crash-logs": { schema: z.array(shapes.CrashLogRow), printed: "crash-logs" },
  "crash-log-line": { schema: shapes.CrashLogLine, printed: "crash-logs <of>, one a line" },
  egress: { schema: EgressStatus, printed: "egress <slug> show, add, remove and edit" },
  "egress-learned": { schema: Learned, printed: "egress <slug> learn" },
  "egress-pipelock": { schema: PipelockConfig, printed: "egress <slug> pipelock" },
  "egress-verdict": { schema: EgressVerdict, printed: "egress <slug> test" },
  "egress-request": { schema: EgressRequest, printed: "egress <slug> requests, one a line" },
  "watch-event": { schema: shapes.WatchEvent, printed: "watch, one a line" },
  audit: { schema: z.array(AuditEntry), printed: "audit show" },
  "audit-verify": { schema: z.array(shapes.AuditVerifyRow), printed: "audit verify" },
  doctor: { schema: z.array(shapes.DoctorRow), printed: "doctor" },
  info: { schema: z.union([shapes.AgentInfo, shapes.BottleInfo]), printed: "info" },
  init: { schema: shapes.InitResult, printed: "init" },
  edited: { schema: shapes.EditedDefinition, printed: "edit <name>" },
};

/** The text of docs/schemas/<name>.schema.json. */
export function schemaText(name: string, { schema, printed }: Published): string {
  const document = {
    ...z.toJSONSchema(schema, { io: "output" }),
    title: `bottle-dash ${name}`,
    description: `What --json prints: ${printed}`,
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}
