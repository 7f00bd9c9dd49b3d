// Who may import whom: the table that the guard enforces. What a folder may import of itself goes without saying.

export type Area =
  | "domain"
  | "contracts"
  | "lib"
  | "core"
  | "modes"
  | "cli"
  | "components"
  | "backends"
  | "sidecars"
  | "fixtures";

export interface AreaRule {
  /** Relative to the repository. */
  readonly folder: string;
  readonly mayImport: readonly Area[];
  /** Each folder in it stands alone: none imports its neighbour. */
  readonly separate?: true;
  /** Modules of Node that do I/O are allowed. */
  readonly io: boolean;
  /** The only packages that it needs; any, when not given. */
  readonly packages?: readonly string[];
  /** Files of the area that may import more than the rest of it. */
  readonly except?: Readonly<Record<string, readonly Area[] | "everything">>;
}

export const importTable: Readonly<Record<Area, AreaRule>> = {
  domain: {
    folder: "src/domain",
    mayImport: [],
    io: false,
    packages: ["zod", "yaml", "@scure/bip39/wordlists/english.js"],
  },
  contracts: { folder: "src/contracts", mayImport: ["domain"], io: false },
  lib: { folder: "src/lib", mayImport: ["domain"], io: true },
  core: { folder: "src/core", mayImport: ["domain", "contracts", "lib"], io: true },
  modes: {
    folder: "src/modes",
    mayImport: ["core", "contracts", "domain", "lib"],
    io: true,
    except: { "src/modes/tui/": ["core", "contracts", "domain", "lib", "components"] },
  },
  cli: {
    folder: "src/cli",
    mayImport: ["core", "contracts", "domain", "lib", "modes"],
    io: true,
    except: { "src/cli/main.ts": "everything" },
  },
  components: { folder: "components", mayImport: ["domain", "contracts"], io: false },
  backends: { folder: "backends", mayImport: ["domain", "contracts", "lib"], separate: true, io: true },
  sidecars: { folder: "sidecars", mayImport: ["domain", "contracts", "lib"], separate: true, io: true },
  fixtures: { folder: "fixtures", mayImport: ["domain", "contracts", "lib"], io: true },
};

/** The one file of `backends` that knows them all. */
export const registry = "backends/registry.ts";

/** Files outside every folder that the command line reads at build time. */
export const readableByCli = ["package.json"];

/** What needs no types of Node, and is the same on every machine. */
export const pureNodeModules = [
  "node:assert",
  "node:path",
  "node:util",
  "node:url",
  "node:querystring",
  "node:string_decoder",
];
