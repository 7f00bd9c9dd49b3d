// A bottle's egress as the operator sees and changes it.

import type { Console } from "#contracts/console.ts";

import type { ConsoleWorld } from "./part.ts";

export function egressOf({ root, now, closed }: ConsoleWorld): Console["egress"] {
  const client = async () => await import("#core/egress/control-client.ts");
  const edit = async () => await import("#core/egress/operator-edit.ts");
  return {
    status: async (slug) => await (await client()).egressStatus(root, slug),
    test: async (slug, url, method) => await (await client()).egressTest(root, slug, url, method),
    add: async (slug, route) => await (await edit()).addRoute({ root, slug, now }, route),
    remove: async (slug, host) => await (await edit()).removeRoute({ root, slug, now }, host),
    requests: async (slug, request, signal) =>
      await (await client()).egressEvents(root, slug, request, AbortSignal.any([signal, closed])),
  };
}
