// audit: what happened to a bottle, and whether the record of it is whole.

import { BottleError } from "#domain/bottle-error.ts";
import { plainLine } from "#domain/plain-text.ts";
import { auditLine, auditReportLine } from "#modes/print/audit-text.ts";
import { painter } from "#modes/print/paint.ts";

import { defineCommand } from "../command.ts";
import { answer } from "../print.ts";

export const audit = defineCommand({
  arguments: [
    { name: "action", describe: "verify the chain, or show the entries", choices: ["verify", "show"] },
    { name: "slug", describe: "one bottle (verify: default all)", optional: true, completes: "slug" },
  ],
  options: {},
  details: [
    "Each entry holds the hash of the one before. verify finds the first broken link, a missing number or a truncated tail, and exits 1 then. The record of a bottle outlives its clean-up.",
  ],
  examples: ["bottle-dash audit verify", "bottle-dash audit show reviewer-k3x9a --json"],
  async run({ args }, context) {
    const console = await context.console();
    const paint = painter(context.color);
    if (args.action === "show") {
      if (args.slug === undefined)
        throw new BottleError("usage", "<slug> is missing: whose entries?", { hint: "see `bottle-dash audit --help`" });
      const entries = await console.audit(args.slug);
      answer(context, entries, () => entries.map((entry) => auditLine(entry, paint)).join("\n"));
      return 0;
    }
    const reports = await console.verifyAudit(args.slug);
    answer(
      context,
      reports.map(({ slug, verdict }) => ({ slug, ...verdict })),
      () =>
        reports.length === 0
          ? "there is no audit log yet"
          : reports.map((report) => auditReportLine(report, paint)).join("\n"),
    );
    const broken = reports.filter(({ verdict }) => !verdict.ok);
    if (broken.length === 0) return 0;
    const names = broken.map(({ slug }) => plainLine(slug)).join(", ");
    throw new BottleError("failed", `the audit log of ${names} is not whole`, {
      hint: "keep a copy of it and find out who wrote there",
    });
  },
});
