// Audit entries, and whether a log is whole.

import type { AuditReport } from "#contracts/console.ts";
import type { AuditEntry } from "#domain/audit/entry.ts";
import { plainLine } from "#domain/plain-text.ts";

import type { Paint } from "./paint.ts";

export function auditLine(entry: AuditEntry, paint: Paint): string {
  const head = `${String(entry.seq).padStart(5)} ${paint("dim", plainLine(entry.at))}`;
  return `${head} ${plainLine(entry.actor)} ${paint("bold", entry.action)} ${plainLine(entry.component)}: ${plainLine(entry.detail)}`;
}

export function auditReportLine({ slug, verdict }: AuditReport, paint: Paint): string {
  if (verdict.ok) return `${plainLine(slug)}: ${paint("green", "whole")}, ${verdict.entries} entries`;
  return `${plainLine(slug)}: ${paint("red", verdict.fault)} at line ${verdict.line}: ${plainLine(verdict.detail)}`;
}
