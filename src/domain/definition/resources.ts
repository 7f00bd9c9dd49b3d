// `resources`: how much of the machine a bottle may take.

import * as z from "zod";

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};
const LEAST_MEMORY = 16 * 2 ** 20;
const SIZE = "must be a size such as 512MiB or 2GiB";

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

/** Bytes of `2GiB`, `1.5 GB`, `1048576`; undefined for anything else. */
function parseSize(text: string): number | undefined {
  const [, amount = "", unit = ""] = /^(\d{1,15}(?:\.\d{1,6})?) ?([A-Za-z]*)$/.exec(text.trim()) ?? [];
  const factor = Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined;
  if (amount === "" || factor === undefined) return undefined;
  const bytes = Math.floor(Number(amount) * factor);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
