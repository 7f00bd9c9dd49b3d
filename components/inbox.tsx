// The inbox: all proposals, and the detail of the one under the cursor; or one detail alone.

import { memo } from "react";

import { itemRow, type ItemLine } from "./inbox-rows.ts";
import type { Area } from "./layout.ts";
import { Lines } from "./line.tsx";
import { beside, insideOf, paneRows } from "./pane.ts";
import { proposalDetail, type Detail, type DetailProps } from "./proposal-detail.ts";
import { BOLD, DIM, row, span, YELLOW, type Row } from "./rows.ts";

export interface InboxProps {
  readonly wide: boolean;
  readonly list: Area;
  readonly detail: Area;
  /** The visible ones. */
  readonly items: readonly ItemLine[];
  readonly pending: number;
  readonly selected: string | null;
  readonly open: Omit<DetailProps, "width"> | null;
  readonly scroll: number;
  readonly now: number;
}

export const Inbox = memo(function Inbox(props: InboxProps) {
  const { wide, list, detail, items, pending, selected, open, scroll, now } = props;
  const inside = insideOf(list);
  const lines = items.map((line) =>
    itemRow(line, { selected: line.item.proposal.id === selected, withSlug: true, width: inside.width, now }),
  );
  const empty = row(span("no proposal: nothing waits for you", DIM));
  const rows = paneRows(
    {
      ...list,
      active: true,
      title: row(
        span("Inbox ", BOLD),
        span(`${pending} waiting`, pending > 0 ? { color: YELLOW } : DIM),
        span(", held ones first", DIM),
      ),
    },
    items.length === 0 ? [empty] : lines,
  );
  const below = proposalPane({ ...detail, open, scroll, active: false });
  if (wide) return <Lines rows={beside(rows, below)} width={list.width + detail.width} height={list.height} />;
  return <Lines rows={[...rows, ...below]} width={list.width} height={list.height + detail.height} />;
});

export interface ProposalPaneProps extends Area {
  readonly open: Omit<DetailProps, "width"> | null;
  readonly scroll: number;
  readonly active: boolean;
}

export const ProposalPane = memo(function ProposalPane(props: ProposalPaneProps) {
  return <Lines rows={proposalPane(props)} width={props.width} height={props.height} />;
});

function proposalPane({ width, height, open, scroll, active }: ProposalPaneProps): Row[] {
  const inside = insideOf({ width, height });
  const detail: Detail = open === null ? { rows: [], vital: 0 } : proposalDetail({ ...open, width: inside.width });
  const start = Math.min(scroll, Math.max(0, detail.rows.length - inside.height));
  const below = detail.rows.length - start - inside.height;
  return paneRows(
    { width, height, active, title: row(span("Proposal", BOLD)), note: moreNote(below) },
    detail.rows.slice(start, start + inside.height),
  );
}

function moreNote(below: number): Row {
  return below > 0 ? row(span(`${below} more below (PgDn)`, DIM)) : [];
}

/** The strip above the footer: what is most urgent, with the seconds that are left. */
export const InboxStrip = memo(function InboxStrip({
  items,
  width,
  now,
}: {
  items: readonly ItemLine[];
  width: number;
  now: number;
}) {
  const rows = items.map((line) => itemRow(line, { selected: false, withSlug: true, width, now }));
  return <Lines rows={rows} width={width} height={rows.length} />;
});
