// The names of the tabs in the upper edge of the preview, beside a note.

import { row, rowWidth, span, type Row } from "../rows.ts";
import { TABS, tabProblem, tabShortTitle, tabTitle, type Tab } from "./tab.ts";

/** In full while there is room; then without the tabs that cannot be opened; then shortened; the open one alone at last. */
export function tabBar(open: Tab, width: number, unseen = 0): Row {
  const usable = TABS.filter((tab) => tabProblem(tab) === undefined || tab === open);
  const bars = [
    barOf(TABS, open, titled(tabTitle, unseen)),
    barOf(usable, open, titled(tabTitle, unseen)),
    shortBar(open, unseen),
  ];
  return bars.find((bar) => rowWidth(bar) <= width) ?? barOf([open], open, tabTitle);
}

/** The note gives way to the names of the tabs: its first parts go, the last one stays as long as the pane can hold it. */
export function noteBeside(open: Tab, note: Row, width: number, unseen = 0): Row {
  const room = width - rowWidth(shortBar(open, unseen));
  const start = note.findIndex((_, index) => rowWidth(note.slice(index)) <= room);
  return note.slice(start === -1 ? -1 : start);
}

function shortBar(open: Tab, unseen: number): Row {
  const usable = TABS.filter((tab) => tabProblem(tab) === undefined || tab === open);
  return barOf(usable, open, titled(tabShortTitle, unseen), "");
}

/** The tab Egress says how many findings in answers nobody looked at yet. */
function titled(titleOf: (tab: Tab) => string, unseen: number): (tab: Tab) => string {
  return (tab) => (tab === "egress" && unseen > 0 ? `${titleOf(tab)} ⚑${Math.min(unseen, 999)}` : titleOf(tab));
}

function barOf(tabs: readonly Tab[], open: Tab, titleOf: (tab: Tab) => string, gap = " "): Row {
  return tabs.flatMap((tab) => {
    const label = `${TABS.indexOf(tab) + 1} ${titleOf(tab)}`;
    if (tab === open) return row(span(`[${label}]`, { bold: true, inverse: true }));
    return row(span(` ${label}${gap}`, tabProblem(tab) === undefined ? {} : { dim: true, strike: true }));
  });
}
