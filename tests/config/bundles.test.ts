import { readdirSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { bundles, copies } from "../../.config/bundles.ts";

const root = join(import.meta.dirname, "..", "..");

test("what speaks to Docker is a bundle of its own, beside the command line that loads it", () => {
  const out = bundles(root).map((bundle) => bundle.out);
  expect(out).toEqual(expect.arrayContaining(["dist/bottle-dash-program.js", "dist/docker-backend.js"]));
});

test("the Dockerfile of every image of ours is shipped", () => {
  const images = readdirSync(join(root, "backends/docker/images"), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  expect(images.map(({ name }) => name).toSorted()).toEqual(["bare", "claude", "codex", "pi", "sidecars"]);
  const shipped = copies(root).map(({ to }) => to);
  expect(shipped.filter((to) => to.startsWith("dist/images/")).toSorted()).toEqual(
    images.map(({ name }) => `dist/images/${name}/Dockerfile`),
  );
});

test("what a provider keeps beside its code is shipped", () => {
  const shipped = copies(root).map(({ to }) => to);
  expect(shipped.filter((to) => to.endsWith("/screen-rules.yml")).toSorted()).toEqual(
    ["claude", "codex", "pi"].map((name) => `dist/providers/${name}/screen-rules.yml`),
  );
});
