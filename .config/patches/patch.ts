// A change to one file of a library at build time. It fails the build when the text is not what it was written for.

import { readFile } from "node:fs/promises";

import type { Plugin } from "esbuild";

export interface TextPatch {
  readonly name: string;
  /** Matches the absolute path of the one file that is changed. */
  readonly file: RegExp;
  /** `find` is exact text, which must stand in the file exactly once. */
  readonly changes: readonly { readonly find: string; readonly replace: string }[];
}

/** `text` with the patch in it. Throws where the library no longer has the text that the patch was written for. */
export function patched(text: string, patch: TextPatch): string {
  return patch.changes.reduce((result, { find, replace }) => {
    const found = result.split(find).length - 1;
    if (found === 1) return result.replace(find, () => replace);
    throw new Error(
      `patch ${patch.name}: the library's text was found ${found} times instead of once; ` +
        `read the new version, then mend or drop the patch in .config/patches/ (looked for: ${find.slice(0, 60)})`,
    );
  }, text);
}

export function patchPlugin(patches: readonly TextPatch[]): Plugin {
  return {
    name: "patches",
    setup(build) {
      for (const patch of patches) {
        build.onLoad({ filter: patch.file }, async ({ path }) => ({
          contents: patched(await readFile(path, "utf8"), patch),
          loader: "js",
        }));
      }
    },
  };
}
