// Ends a test run with what was skipped and why, what needed a second try, what failed, and then one plain line:
// `N passed, N failed, N skipped`.

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
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    for (const test of tests.filter((one) => one.diagnostic()?.flaky === true))
      console.log(`passed at the second try: ${nameOf(test)}`);
    for (const line of [...tests.flatMap(failureOf), ...modules.flatMap(brokenOf), ...unhandled.map(unhandledOf)])
      console.log(`failed: ${line}`);
    console.log(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
  }
}

function failureOf(test: TestCase): string[] {
  const { state, errors } = test.result();
  return state === "failed" ? [`${nameOf(test)}: ${firstLine(errors[0]?.message)}`] : [];
}

function brokenOf(module: TestModule): string[] {
  return module.errors().map(({ message }) => `${module.relativeModuleId}: ${firstLine(message)}`);
}

function unhandledOf(error: unknown): string {
  const { message, stack } =
    error instanceof Error || isErrorLike(error) ? error : { message: String(error), stack: "" };
  return `outside of any test: ${firstLine(message)} ${stack?.split("\n").slice(1, 3).join(" ") ?? ""}`;
}

function isErrorLike(error: unknown): error is { message: string; stack?: string } {
  return typeof error === "object" && error !== null && "message" in error && typeof error.message === "string";
}

function nameOf(test: TestCase): string {
  return `${test.module.relativeModuleId} > ${test.fullName}`;
}

function firstLine(text = ""): string {
  return (text.split("\n")[0] ?? "").slice(0, 300);
}

function add(test: TestCase, count: Count, reasons: Map<string, string[]>): void {
  const result = test.result();
  if (result.state === "passed") count.passed += 1;
  else if (result.state === "failed") count.failed += 1;
  else {
    count.skipped += 1;
    const reason = ("note" in result ? result.note : undefined) ?? skipReason(test);
    reasons.set(reason, [...(reasons.get(reason) ?? []), nameOf(test)]);
  }
}

/** The reason stands in the `meta` of the test, or of a suite around it: see tests/helpers/require.ts. */
function skipReason(task: TestCase | TestSuite | TestModule): string {
  const meta = task.meta() as { skipReason?: string };
  if (meta.skipReason !== undefined) return meta.skipReason;
  return "parent" in task ? skipReason(task.parent) : "no reason given";
}
