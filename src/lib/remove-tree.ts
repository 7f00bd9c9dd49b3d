// Removes a folder that an agent filled: paths deeper than the kernel takes at once, folders without permissions.

import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { promisify } from "node:util";

import { isErrno } from "./atomic-file.ts";

const run = promisify(execFile);

/** Fine when there is none. No link is followed, and nothing may write there meanwhile. Rejects when something stays. */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    if (!["ENAMETOOLONG", "EACCES", "EPERM", "ELOOP"].some((code) => isErrno(error, code))) throw error;
    // Both go down by descriptors, step by step. What chmod cannot do shows in what rm leaves.
    await run("chmod", ["-R", "u+rwx", "--", path]).catch(() => {});
    await run("rm", ["-rf", "--", path]);
  }
}
