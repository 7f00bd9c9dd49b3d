// Times as people say them: "3m ago", "in 40s".

const STEPS = [
  { unit: "d", ms: 86_400_000 },
  { unit: "h", ms: 3_600_000 },
  { unit: "m", ms: 60_000 },
  { unit: "s", ms: 1000 },
] as const;

/** "3m ago", "in 40s", "now"; what is no time stays as it is. */
export function relativeTime(iso: string, now: Date): string {
  const at = Date.parse(iso);
  if (Number.isNaN(at)) return iso;
  const distance = at - now.getTime();
  const length = shortDuration(Math.abs(distance));
  if (length === "0s") return "now";
  return distance < 0 ? `${length} ago` : `in ${length}`;
}

/** "3d", "2h", "5m", "40s": the largest unit, rounded down. */
export function shortDuration(ms: number): string {
  const step = STEPS.find((candidate) => ms >= candidate.ms);
  return step === undefined ? "0s" : `${Math.floor(ms / step.ms)}${step.unit}`;
}
