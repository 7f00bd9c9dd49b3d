// Sizes as people write them: `2GiB`, `1.5 GB`, `1048576`.

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

/** Bytes; undefined for anything that is no size. */
export function parseSize(text: string): number | undefined {
  const [, amount = "", unit = ""] = /^(\d{1,15}(?:\.\d{1,6})?) ?([A-Za-z]*)$/.exec(text.trim()) ?? [];
  const factor = Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined;
  if (amount === "" || factor === undefined) return undefined;
  const bytes = Math.floor(Number(amount) * factor);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/**
 * `1GiB`, `1.5MiB`, `600B`: the largest unit that leaves a number of at most two decimals, exactly or rounded. Whole megabytes
 * were written as such, and read so again: `1GB`, `250MB`.
 */
export function sizeText(bytes: number): string {
  if (bytes > 0 && bytes % 1e6 === 0 && bytes % 2 ** 20 !== 0) {
    for (const unit of ["TB", "GB", "MB"] as const) {
      const factor = UNITS[unit] ?? 1;
      if ((bytes * 100) % factor === 0 && bytes >= factor) return `${bytes / factor}${unit}`;
    }
  }
  for (const unit of ["TiB", "GiB", "MiB", "KiB"] as const) {
    const factor = UNITS[unit] ?? 1;
    if (bytes >= factor) return `${Math.round((bytes / factor) * 100) / 100}${unit}`;
  }
  return `${bytes}B`;
}
