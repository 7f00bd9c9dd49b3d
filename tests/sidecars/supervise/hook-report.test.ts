import { describe, expect, it } from "vitest";

import { reportOf } from "#sidecars/supervise/hook-report.ts";

const report = (url: string, body: string | undefined): unknown => {
  const made = reportOf(url, body);
  return made === undefined ? undefined : JSON.parse(made);
};

describe("a hook's call", () => {
  it("means what its address says, with the detail from its own JSON", () => {
    const body = JSON.stringify({ tool_name: "Bash", tool: { name: "deep" }, state: "idle", event: "of its own" });
    expect(report("/state?state=busy&event=PreToolUse&detail=tool_name", body)).toEqual({
      state: "busy",
      event: "PreToolUse",
      detail: "Bash",
    });
    expect(report("/state?state=waiting&words=asks%20to%20use&detail=tool_name", body)).toMatchObject({
      state: "waiting",
      detail: "asks to use Bash",
    });
    const asked = JSON.stringify({ questions: [{ question: "Red?" }] });
    expect(report("/state?state=waiting&detail=questions.0.question", asked)).toMatchObject({ detail: "Red?" });
    expect(report("/state?state=busy&detail=tool.name", body)).toMatchObject({ detail: "deep", event: "" });
  });

  it("counts without a detail: body too large, no JSON, no such path, no text", () => {
    const url = "/state?state=idle&event=Stop&detail=a.b";
    for (const body of [undefined, "", "no json", "null", "[]", '{"a":1}', '{"a":{"b":{}}}', '{"a":{"b":3}}']) {
      expect(report(url, body)).toEqual({ state: "idle", event: "Stop", detail: "" });
    }
    expect(report("/state?state=idle&detail=__proto__.constructor.name", "{}")).toMatchObject({ detail: "" });
  });

  it("leaves a report in a body alone, and does not invent a state", () => {
    expect(reportOf("/state", '{"state":"busy"}')).toBe('{"state":"busy"}');
    expect(reportOf("/state?event=x", '{"state":"busy"}')).toBe('{"state":"busy"}');
    expect(reportOf("/state", undefined)).toBeUndefined();
    expect(report("/state?state=dancing", "{}")).toMatchObject({ state: "dancing" });
  });
});
