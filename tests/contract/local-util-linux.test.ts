// The backend contract, kept by the local backend with util-linux.

import { describe } from "vitest";

import { localBackend } from "#backends/local/index.ts";

import { backendContract } from "./backend.contract.ts";
import { requireMechanism } from "./local/require-mechanism.ts";

describe("local by util-linux", await requireMechanism("util-linux"), () => {
  backendContract((root) => localBackend({ root, mechanism: "util-linux" }));
});
