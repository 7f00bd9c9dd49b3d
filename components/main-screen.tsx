// The main screen: the fleet beside or above the preview of the selected bottle.

import { memo } from "react";

import type { BottleRow } from "#domain/fleet/fleet.ts";

import type { Build } from "./build-rows.ts";
import { bottleRoom, fleetRows } from "./fleet-list.ts";
import type { Area } from "./layout.ts";
import { Lines } from "./line.tsx";
import { beside, insideOf, paneRows } from "./pane.ts";
import { BOLD, DIM, row, rowWidth, span, type Row } from "./rows.ts";
import { noteBeside, tabBar } from "./tabs/tab-bar.ts";
import type { Tab } from "./tabs/tab.ts";

export interface MainScreenProps {
  readonly wide: boolean;
  readonly list: Area;
  readonly preview: Area;
  readonly fleet: FleetPaneProps;
  readonly tab: PreviewProps;
}

export interface FleetPaneProps {
  readonly bottles: readonly BottleRow[];
  readonly total: number;
  readonly offset: number;
  readonly selected: string | null;
  readonly filter: string;
  readonly problems: readonly (readonly [string, string])[];
  /** Findings in answers that nobody looked at yet, by bottle. */
  readonly unseen: Readonly<Record<string, number>>;
  readonly severalHosts: boolean;
  readonly hostsDown: ReadonlySet<string>;
  /** Rebuilds that go on just now, by bottle. */
  readonly builds: Readonly<Record<string, Build>>;
  readonly active: boolean;
  readonly now: number;
}

export interface PreviewProps {
  readonly tab: Tab;
  readonly rows: readonly Row[];
  readonly note: Row;
  readonly active: boolean;
  /** Findings in answers that nobody looked at yet. */
  readonly unseen: number;
}

export const MainScreen = memo(function MainScreen({ wide, list, preview, fleet, tab }: MainScreenProps) {
  if (list.height === 0) {
    const whole = previewPane({ ...preview, ...tab, open: !wide });
    return <Lines rows={whole} width={preview.width} height={preview.height} />;
  }
  const left = fleetPane({ ...list, ...fleet });
  const right = previewPane({ ...preview, ...tab, open: !wide });
  if (wide) return <Lines rows={beside(left, right)} width={list.width + preview.width} height={list.height} />;
  return <Lines rows={[...left, ...right]} width={list.width} height={list.height + preview.height} />;
});

function fleetPane(props: FleetPaneProps & Area): Row[] {
  const { width, height, bottles, total, offset, selected, filter, problems, active } = props;
  const inside = insideOf(props);
  const shown = filter === "" ? `${total}` : `${bottles.length} of ${total}, filter “${filter}”`;
  const index = bottles.findIndex(({ slug }) => slug === selected);
  return paneRows(
    {
      width,
      height,
      active,
      title: row(span("Bottles ", BOLD), span(shown, DIM)),
      ...(bottles.length > bottleRoom(inside.height, bottles.length, problems.length)
        ? { note: row(span(`${index + 1}/${bottles.length}`, DIM)) }
        : {}),
    },
    fleetRows({ ...props, bottles, offset, ...inside }),
  );
}

/** `open`: without edges at its sides, so that an agent's 80 columns fit into a terminal of 80. */
function previewPane({
  width,
  height,
  tab,
  rows,
  note,
  active,
  unseen,
  open,
}: PreviewProps & Area & { open: boolean }): Row[] {
  const room = width - 7;
  const beside = open ? noteBeside(tab, note, room, unseen) : note;
  const title = tabBar(tab, room - (open ? rowWidth(beside) : 0), unseen);
  return paneRows({ width, height, active, title, note: beside, open }, rows, tab === "screen");
}
