// One change to a library's text at build time. It fails the build when the text is not what it was written for.

import { readFile } from "node:fs/promises";

import type { Plugin } from "esbuild";

export interface TextPatch {
  readonly name: string;
  /** Matches the absolute path of the one file that is changed. */
  readonly file: RegExp;
  /** Exact text, which must stand in the file exactly once. */
  readonly find: string;
  readonly replace: string;
}

/** `text` with the patch in it. Throws where the library no longer has the text that the patch was written for. */
export function patched(text: string, patch: TextPatch): string {
  const found = text.split(patch.find).length - 1;
  if (found !== 1) {
    throw new Error(
      `patch ${patch.name}: the library's text was found ${found} times instead of once; ` +
        "read the new version, then mend or drop the patch in .config/patches/",
    );
  }
  return text.replace(patch.find, () => patch.replace);
}

export function patchPlugin(patch: TextPatch): Plugin {
  return {
    name: patch.name,
    setup(build) {
      build.onLoad({ filter: patch.file }, async ({ path }) => ({
        contents: patched(await readFile(path, "utf8"), patch),
        loader: "js",
      }));
    },
  };
}
