// Where everything stands in a terminal of a given size; the heights always add up to its rows.

export interface Layout {
  readonly kind: "wide" | "narrow" | "tiny";
  readonly cols: number;
  readonly rows: number;
  /** Between the header and the lower rows. */
  readonly body: Area;
  readonly list: Area;
  readonly preview: Area;
  readonly inboxList: Area;
  readonly inboxDetail: Area;
  readonly sheet: Area;
  /** Rows of the inbox strip. */
  readonly strip: number;
}

export interface Area {
  readonly width: number;
  readonly height: number;
}

export interface LayoutNeeds {
  /** Rows that a sheet at the lower edge wants. */
  readonly sheet: number;
  readonly pending: number;
  /** The preview takes the place of the list, too. */
  readonly expanded: boolean;
  readonly bottles: number;
  readonly proposals: number;
}

export const SMALLEST: Area = { width: 40, height: 12 };
const WIDE = 120;
/** An agent's usual 80 columns, with a frame around them. */
const AGENT_WIDTH = 84;

/** Header, notice and footer. */
const FIXED_ROWS = 3;

export function layoutOf({ cols, rows }: { cols: number; rows: number }, needs: LayoutNeeds): Layout {
  const tiny = cols < SMALLEST.width || rows < SMALLEST.height;
  const strip = needs.pending === 0 ? 0 : rows >= 40 ? Math.min(3, needs.pending) : 1;
  const free = Math.max(0, rows - FIXED_ROWS - strip);
  const sheet = Math.min(needs.sheet, free);
  const body = { width: cols, height: free - sheet };
  const wide = cols >= WIDE;
  const kind = tiny ? "tiny" : wide ? "wide" : "narrow";
  const [list, preview] = needs.expanded
    ? [{ width: 0, height: 0 }, body]
    : wide
      ? columns(body, Math.max(36, Math.min(76, Math.round(cols * 0.42), cols - AGENT_WIDTH)))
      : stacked(body, needs.bottles + 2);
  const [inboxList, inboxDetail] = wide
    ? columns(body, Math.min(90, Math.round(cols * 0.45)))
    : stacked(body, needs.proposals + 2);
  return {
    kind,
    cols,
    rows,
    body,
    list,
    preview,
    inboxList,
    inboxDetail,
    sheet: { width: cols, height: sheet },
    strip,
  };
}

function columns(body: Area, width: number): [Area, Area] {
  return [
    { width, height: body.height },
    { width: body.width - width, height: body.height },
  ];
}

/** The upper one takes what it needs, up to a third of the body. */
function stacked(body: Area, wanted: number): [Area, Area] {
  const third = Math.max(4, Math.round(body.height / 3));
  const height = Math.min(body.height, third, Math.max(4, wanted));
  return [
    { width: body.width, height },
    { width: body.width, height: body.height - height },
  ];
}

/** The first visible row of `count` so that `index` is visible, moving as little as possible. */
export function keepInSight(offset: number, index: number, height: number, count: number): number {
  if (height < 1) return 0;
  const last = Math.max(0, count - height);
  if (index < 0) return Math.min(offset, last);
  if (index < offset) return index;
  if (index >= offset + height) return index - height + 1;
  return Math.min(offset, last);
}
