// How many findings in answers nobody has looked at yet, for each bottle that was selected: seen is what the tab Egress showed.

import type { Context } from "./context.ts";

export class UnseenFindings {
  readonly #seen = new Map<string, number>();
  #bySlug: Readonly<Record<string, number>> = {};

  /** The same object until a number changed. */
  get bySlug(): Readonly<Record<string, number>> {
    return this.#bySlug;
  }

  /** Takes what the proxy of the selected bottle counted; what is on the screen counts as seen. */
  count({ view, traffic }: Pick<Context, "view" | "traffic">): void {
    const slug = view.selected;
    if (slug === null || traffic.status === null) return;
    const found = traffic.status.counters.inbound_findings;
    const before = this.#seen.get(slug) ?? 0;
    // A proxy that was started anew counts from the beginning.
    if (isShown(view) || before > found) this.#seen.set(slug, isShown(view) ? found : 0);
    const unseen = found - (this.#seen.get(slug) ?? 0);
    if (unseen !== (this.#bySlug[slug] ?? 0)) this.#bySlug = { ...this.#bySlug, [slug]: unseen };
  }
}

function isShown({ tab, stack, egress }: Context["view"]): boolean {
  return tab === "egress" && !egress.table && stack.length === 0;
}
