// A bottle's egress as the operator sees and changes it.

import type { Console } from "#contracts/console.ts";

import type { ConsoleWorld } from "./part.ts";

export function egressOf({ root, now, closed }: ConsoleWorld): Console["egress"] {
  const client = async () => await import("#core/egress/control-client.ts");
  const edit = async () => await import("#core/egress/operator-edit.ts");
  const table = async () => await import("#core/egress/edit-table.ts");
  const answer = async () => await import("#core/egress/answer-request.ts");
  return {
    status: async (slug) => await (await client()).egressStatus(root, slug),
    credentials: async (slug) => await (await import("#core/decide/definition.ts")).credentialNames(root, slug),
    test: async (slug, url, method, headers) =>
      await (await client()).egressTest(root, slug, { url, method, ...(headers === undefined ? {} : { headers }) }),
    add: async (slug, route) => await (await edit()).addRoutes({ root, slug, now }, [route]),
    remove: async (slug, host) => await (await edit()).removeRoute({ root, slug, now }, host),
    seen: async (slug) => await (await client()).egressSeen(root, slug),
    tableText: async (slug) => await (await table()).tableText({ root, slug }),
    editTable: async (slug, text, base) => await (await table()).editTable({ root, slug, now }, text, base),
    allow: async (slug, request, shown) => await (await answer()).allowRequest({ root, slug, now }, request, shown),
    deny: async (slug, request, reason) => await (await answer()).denyRequest({ root, slug, now }, request, reason),
    requests: async (slug, request, signal) =>
      await (await client()).egressEvents(root, slug, request, AbortSignal.any([signal, closed])),
  };
}
