// How much a run may take: a short one has fewer rounds, and shorter watches, but never fewer than five of a median.

export interface Effort {
  readonly short: boolean;
}

export function rounds({ short }: Effort): number {
  return short ? 5 : 15;
}
