// The backend contract, kept by the local backend with bubblewrap.

import { describe } from "vitest";

import { localBackend } from "#backends/local/index.ts";

import { backendContract } from "./backend.contract.ts";
import { requireMechanism } from "./local/require-mechanism.ts";

describe("local by bubblewrap", await requireMechanism("bubblewrap"), () => {
  backendContract((root) => localBackend({ root, mechanism: "bubblewrap" }));
});
