// What is built from what: one bundle for the command line, one for each sidecar, one for each program of the demo. Where one
// imports the entry of another as it runs, that stays an import: the other is not even read before.

import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";

export interface Bundle {
  /** Relative to the repository. */
  readonly entry: string;
  readonly out: string;
  /** Started from a shell by name. */
  readonly executable: boolean;
}

/** Only what exists in the tree: an entry that is there is always built. */
export function bundles(root: string): Bundle[] {
  return [...commandLine, ...sidecars(root), ...parts, ...demo(root), ...providerPrograms(root)].filter(({ entry }) =>
    existsSync(join(root, entry)),
  );
}

/** The whole command line and dashboard in one file; the launcher loads it. */
const commandLine: readonly Bundle[] = [
  { entry: "src/cli/main.ts", out: "dist/bottle-dash-program.js", executable: false },
  { entry: "src/cli/launcher.ts", out: "dist/bottle-dash.js", executable: true },
];

/** What the egress proxy loads when it must make a certificate, and once it listens; what speaks to Docker; what judges a push. */
const parts: readonly Bundle[] = [
  { entry: "backends/docker/docker-backend.ts", out: "dist/docker-backend.js", executable: false },
  { entry: "sidecars/git-gate/hook/main.ts", out: "dist/sidecars/git-gate-hook.js", executable: false },
  { entry: "sidecars/egress/certificates/certificate.ts", out: "dist/sidecars/certificates.js", executable: false },
  { entry: "sidecars/egress/inspection/open-inspection.ts", out: "dist/sidecars/inspection.js", executable: false },
];

/** Shipped as they are: the Dockerfiles of our images, and the data of providers. */
export function copies(root: string): { from: string; to: string }[] {
  const images = names(join(root, "backends/docker/images")).map((name) => ({
    from: `backends/docker/images/${name}/Dockerfile`,
    to: `dist/images/${name}/Dockerfile`,
  }));
  const data = providers(root).flatMap(({ name, folder }) =>
    names(join(root, folder))
      .filter((file) => file.endsWith(".yml"))
      .map((file) => ({ from: `${folder}/${file}`, to: `dist/providers/${name}/${file}` })),
  );
  return [...images, ...data].filter(({ from }) => existsSync(join(root, from)));
}

/** What of a provider runs inside the bottle, beside its agent or within it: one file each, from `inside/`. */
function providerPrograms(root: string): Bundle[] {
  return providers(root).flatMap(({ name, folder }) =>
    names(join(root, folder, "inside"))
      .filter((file) => file.endsWith(".ts"))
      .map((file) => ({
        entry: `${folder}/inside/${file}`,
        out: `dist/providers/${name}/${basename(file, ".ts")}.js`,
        executable: false,
      })),
  );
}

function providers(root: string): { name: string; folder: string }[] {
  return names(join(root, "src/core/providers"))
    .filter((name) => !name.endsWith(".ts"))
    .map((name) => ({ name, folder: `src/core/providers/${name}` }));
}

function sidecars(root: string): Bundle[] {
  return names(join(root, "sidecars")).map((name) => ({
    entry: `sidecars/${name}/main.ts`,
    out: `dist/sidecars/${name}.js`,
    executable: false,
  }));
}

const demoPrograms = ["agent.ts", "upstream.ts"];

function demo(root: string): Bundle[] {
  return names(join(root, "fixtures/demo"))
    .filter((name) => demoPrograms.includes(name))
    .map((name) => ({
      entry: `fixtures/demo/${name}`,
      out: `dist/demo/${basename(name, ".ts")}.js`,
      executable: false,
    }));
}

function names(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}
