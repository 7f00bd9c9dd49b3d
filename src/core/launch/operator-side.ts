// What providers see of the operator's machine: variables, the home folder, and small files.

import { constants } from "node:fs";
import { open } from "node:fs/promises";

import type { OperatorSide } from "#contracts/provider.ts";
import { BottleError } from "#domain/bottle-error.ts";

const LIMIT = 1_048_576;

export function operatorSide(of: Pick<OperatorSide, "env" | "home" | "now">): OperatorSide {
  return { ...of, readFile };
}

async function readFile(path: string): Promise<string | undefined> {
  try {
    // A FIFO in its place must not hold the launch.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const info = await file.stat();
      if (!info.isFile()) throw new Error("it is no file");
      if (info.size > LIMIT) throw new Error("it is larger than 1 MiB");
      return await file.readFile("utf8");
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && (cause.code === "ENOENT" || cause.code === "ENOTDIR"))
      return undefined;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BottleError("invalid", `cannot be read: ${reason}`, { where: path, cause });
  }
}
