// The audit trail of a bottle, oldest first.

import type { AuditEntry } from "#domain/audit/entry.ts";
import { plainLine } from "#domain/plain-text.ts";

import { BOLD, DIM, GREEN, RED, row, span, type Row, type Span } from "../rows.ts";
import { clock } from "../words.ts";

export function auditRows(entries: readonly AuditEntry[]): Row[] {
  if (entries.length === 0) return [row(span("nothing was recorded yet", DIM))];
  return entries.map(({ seq, at, action, actor, detail }) =>
    row(
      span(`${String(seq).padStart(4)} ${clock(at)} `, DIM),
      span(action.padEnd(17), BOLD),
      ...(action === "git-push" ? [pushSpan(detail)] : []),
      plainLine(detail),
      span(`  ${plainLine(actor)}`, DIM),
    ),
  );
}

/** The gate's entry begins with its verdict (sidecars/git-gate). */
function pushSpan(detail: string): Span {
  return detail.startsWith("refused") ? span("✗ ", { color: RED, bold: true }) : span("✓ ", { color: GREEN });
}
