// Does something again until it works: the sidecars start while we do, and nothing tells us from here when they are ready.

/** A launch waits for each of these. */
const PAUSE_MS = 20;

/** Rejects with the last failure when nothing worked for so long. */
export async function tryUntil(patienceMs: number, attempt: () => Promise<void>): Promise<void> {
  const until = performance.now() + patienceMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() >= until) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
