// Sequences with a count (REP, IL, DL, SU, SD, CHT, CBT) make xterm loop as often as they say, up to 2^31 times: a minute and
// 8 GB for fifteen bytes, in which nobody who has this emulator in its process answers. More than a screen of them changes
// nothing any more, so the count ends there.

interface Parameters {
  readonly params: { [index: number]: number };
  readonly length: number;
}
type Handler = (params: Parameters) => unknown;

interface Core {
  readonly _inputHandler: Record<string, Handler>;
}

interface Screen {
  readonly cols: number;
  readonly rows: number;
}

const BOUNDS: Readonly<Record<string, (screen: Screen) => number>> = {
  repeatPrecedingCharacter: ({ cols, rows }) => cols * rows,
  insertLines: ({ rows }) => rows,
  deleteLines: ({ rows }) => rows,
  scrollUp: ({ rows }) => rows,
  scrollDown: ({ rows }) => rows,
  cursorForwardTab: ({ cols }) => cols,
  cursorBackwardTab: ({ cols }) => cols,
};

/** Looks behind xterm's public interface; throws when what it looks for is not there. */
export function boundRepeats(terminal: Screen): void {
  const handlers = (terminal as unknown as { _core: Core })._core._inputHandler;
  for (const [name, bound] of Object.entries(BOUNDS)) {
    const handle = handlers[name];
    if (handle === undefined) throw new TypeError(`xterm has no ${name} any more`);
    handlers[name] = (params) => {
      if (params.length > 0) params.params[0] = Math.min(params.params[0] ?? 0, bound(terminal));
      return handle.call(handlers, params);
    };
  }
}
