// What is open now: requests under way and idle tunnels, so that a rule that is taken back closes what it had allowed.

export interface Live {
  /** `stillAllowed` is asked after each change of the table; when it says no, `cut` is called once. Returns how to leave. */
  add(stillAllowed: () => boolean, cut: () => void): () => void;
  /** The number of those cut. */
  recheck(): number;
}

export function openLive(): Live {
  const entries = new Set<{ stillAllowed: () => boolean; cut: () => void }>();
  return {
    add(stillAllowed, cut) {
      const entry = { stillAllowed, cut };
      entries.add(entry);
      return () => entries.delete(entry);
    },
    recheck() {
      const revoked = [...entries].filter(({ stillAllowed }) => !stillAllowed());
      for (const entry of revoked) {
        entries.delete(entry);
        entry.cut();
      }
      return revoked.length;
    },
  };
}
