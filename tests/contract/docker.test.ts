// The backend contract, kept by the docker backend.

import { describe } from "vitest";

import { dockerBackend } from "#backends/docker/index.ts";
import { requireDocker } from "#tests/helpers/docker.ts";

import { backendContract } from "./backend.contract.ts";
import { dockerThings } from "./docker/things.ts";

describe("docker", await requireDocker(), () => {
  backendContract((root) => dockerBackend({ root, env: process.env }), { thingsOf: dockerThings });
});
