// Sizes as somebody drags a window: one goes to the engine at a time, and of those that come meanwhile only the last. Side by
// side they would overtake each other, and the terminal be left at a size that nobody has.

/** What fails is let go of: the next size is a new attempt. */
export function latestOnly(send: (cols: number, rows: number) => Promise<void>): (cols: number, rows: number) => void {
  let next: readonly [number, number] | undefined;
  let isSending = false;
  const sendAll = async (): Promise<void> => {
    isSending = true;
    while (next !== undefined) {
      const [cols, rows] = next;
      next = undefined;
      // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
      await send(cols, rows).catch(() => {});
    }
    isSending = false;
  };
  return (cols, rows) => {
    next = [cols, rows];
    if (!isSending) void sendAll();
  };
}
