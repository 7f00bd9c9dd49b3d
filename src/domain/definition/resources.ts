// `resources`: how much of the machine a bottle may take.

import * as z from "zod";

import { parseSize } from "#domain/size.ts";

const LEAST_MEMORY = 16 * 2 ** 20;
export const SIZE = "must be a size such as 512MiB or 1GiB";

export const ResourceKeys = z.strictObject({
  cpus: z.number().positive().max(1024).optional(),
  /** Bytes. */
  memory: z
    .union([z.string(), z.int()], { error: SIZE })
    .transform((text, context) => {
      const bytes = parseSize(String(text));
      if (bytes !== undefined && bytes >= LEAST_MEMORY) return bytes;
      context.addIssue({ code: "custom", message: bytes === undefined ? SIZE : "must be at least 16MiB" });
      return z.NEVER;
    })
    .optional(),
  pids: z.int().positive().max(4_194_304).optional(),
});
