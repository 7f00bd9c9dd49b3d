// Whether the audit logs are whole: one, or all that there are.

import type { AuditReport } from "#contracts/console.ts";
import { isSlug } from "#domain/slug.ts";
import { rootPaths } from "#lib/paths.ts";
import { verifyAuditLog } from "#lib/store/audit-log.ts";
import { namesIn } from "#lib/store/read-queue.ts";

export async function verifyAll(root: string, slug: string | undefined): Promise<AuditReport[]> {
  const slugs = slug === undefined ? await auditedSlugs(root) : [slug];
  return await Promise.all(
    slugs.map(async (one) => ({ slug: one, verdict: await verifyAuditLog({ root, slug: one }) })),
  );
}

async function auditedSlugs(root: string): Promise<string[]> {
  const names = await namesIn(rootPaths(root).audit);
  const logs = names.filter((name) => name.endsWith(".jsonl") || name.endsWith(".head.json"));
  return [...new Set(logs.map((name) => name.replace(/\.(?:jsonl|head\.json)$/, "")))].filter(isSlug).toSorted();
}
