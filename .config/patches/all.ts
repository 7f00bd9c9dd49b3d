// Every change that the build makes to a library.

import type { Plugin } from "esbuild";

import { dockerode } from "./dockerode.ts";
import { graphemes } from "./graphemes.ts";
import { inkDevtools } from "./ink-devtools.ts";
import { inkOutput } from "./ink-output.ts";
import { nodeBuiltins } from "./node-builtins.ts";
import { patchPlugin, type TextPatch } from "./patch.ts";
import { yogaWasm } from "./yoga-wasm.ts";

export const textPatches: readonly TextPatch[] = [yogaWasm, inkOutput, ...graphemes];

export const patches: Plugin[] = [dockerode, inkDevtools, nodeBuiltins, patchPlugin(textPatches)];
