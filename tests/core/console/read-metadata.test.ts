import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { readMetadata } from "#core/console/read-metadata.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "metadata-"));
});
afterEach(async () => await rm(root, { recursive: true, force: true }));

test("who gives an agent's name for a bottle is told what its bottles are called", async () => {
  for (const slug of ["app-bbbbb", "app-aaaaa", "apple-ccccc", "app-two-ddddd"])
    // oxlint-disable-next-line no-await-in-loop -- four folders
    await mkdir(join(root, "state", slug), { recursive: true });
  await expect(readMetadata(root, "app")).rejects.toMatchObject({
    code: "not-found",
    message: "there is no bottle app (did you mean app-aaaaa, app-bbbbb?); see `bottle-dash list`",
  });
  await expect(readMetadata(root, "other")).rejects.toThrow("there is no bottle other; see `bottle-dash list`");
});
