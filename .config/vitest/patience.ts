// What a test waits for comes when it comes: on a shared machine the library's one second is too short, and a longer limit
// costs nothing where all is well. Polls of `expect` have theirs in vitest.config.ts.

import { vi } from "vitest";

const PATIENCE_MS = 15_000;

const { waitFor } = vi;
vi.waitFor = (callback, options = {}) =>
  waitFor(callback, typeof options === "number" ? options : { timeout: PATIENCE_MS, ...options });
