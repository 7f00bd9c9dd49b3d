// Keeps a long-running program small. V8 lets the space for new objects grow to 2 x 64 MB while there is much to read, and
// waits until the rest has doubled before it looks for garbage there; neither is ever given back.

import { setFlagsFromString } from "node:v8";

/** How much the heap may grow over what was alive at the last collection before it is collected again. */
const GROWTH_PERCENT = 20;

/** From now on: both flags are read when V8 would grow. Measured by `mem.flood`: 30 MB instead of 160. */
export function keepHeapSmall(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
}
