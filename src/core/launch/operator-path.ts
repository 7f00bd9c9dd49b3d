// A path as a definition writes it: absolute, from the operator's home, or from the root folder.

import { join, resolve } from "node:path";

export interface PathsOf {
  readonly root: string;
  /** The operator's home folder. */
  readonly home: string | undefined;
}

export function operatorPath(path: string, { root, home }: PathsOf): string {
  return path.startsWith("~/") && home !== undefined ? join(home, path.slice(2)) : resolve(root, path);
}
