// Ends a test run with what was skipped and why, and then one plain line: `N passed, N failed, N skipped`.

import type { Reporter, TestCase, TestModule, TestSuite } from "vitest/node";

interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const count: Count = { passed: 0, failed: unhandled.length, skipped: 0 };
    const reasons = new Map<string, string[]>();
    for (const module of modules) {
      if (module.errors().length > 0) count.failed += 1; // it never got as far as its tests
      for (const test of module.children.allTests()) add(test, count, reasons);
    }
    for (const [reason, names] of reasons)
      console.log(`skipped, ${reason}:\n${names.map((name) => `  ${name}`).join("\n")}`);
    console.log(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
  }
}

function add(test: TestCase, count: Count, reasons: Map<string, string[]>): void {
  const result = test.result();
  if (result.state === "passed") count.passed += 1;
  else if (result.state === "failed") count.failed += 1;
  else {
    count.skipped += 1;
    const reason = ("note" in result ? result.note : undefined) ?? skipReason(test);
    reasons.set(reason, [...(reasons.get(reason) ?? []), `${test.module.relativeModuleId} > ${test.fullName}`]);
  }
}

/** The reason stands in the `meta` of the test, or of a suite around it: see tests/helpers/require.ts. */
function skipReason(task: TestCase | TestSuite | TestModule): string {
  const meta = task.meta() as { skipReason?: string };
  if (meta.skipReason !== undefined) return meta.skipReason;
  return "parent" in task ? skipReason(task.parent) : "no reason given";
}
