import { describe, expect, test } from "vitest";
import fc from "fast-check";

import { describeProposal } from "#domain/proposal/describe.ts";
import { baseImages, instructionsOf } from "#domain/proposal/dockerfile.ts";
import { dockerfileProblems } from "#domain/proposal/dockerfile-problems.ts";
import { dockerfileWarnings } from "#domain/proposal/dockerfile-warnings.ts";
import { CapabilityBlockPayload, type Proposal } from "#domain/proposal/proposal.ts";
import { editText, validateEdit } from "#domain/proposal/validate-edit.ts";

const BASE = "FROM node:24-slim\nUSER node\n";
const codes = (text: string, before: string | undefined = BASE) =>
  dockerfileWarnings(text, before).map(({ severity, code }) => `${severity} ${code}`);
const proposal = (dockerfile: string) =>
  ({ kind: "capability-block", payload: { dockerfile }, origin: "mcp", justification: "" }) as Proposal;

describe("reading a Dockerfile", () => {
  test("joins continued lines and leaves out comments, empty lines and here-documents", () => {
    const text = "# c\nFROM a\n\nRUN one \\\n# between\n\n    two\nCOPY <<EOF /x\nRUN hidden\nEOF\nUSER node\n";
    expect(instructionsOf(text)).toEqual([
      { name: "FROM", text: "a", line: 2 },
      { name: "RUN", text: "one two", line: 4 },
      { name: "COPY", text: "<<EOF /x", line: 8 },
      { name: "USER", text: "node", line: 11 },
    ]);
  });

  test("ends lines as its escape directive says", () => {
    expect(instructionsOf("# escape=`\nFROM a\nRUN one `\n two\nRUN c:\\\n").map(({ text }) => text)).toEqual([
      "a",
      "one two",
      "c:\\",
    ]);
  });

  test("knows base images from the file's own stages", () => {
    expect(baseImages("FROM --platform=linux/amd64 a AS one\nFROM one\nFROM b as TWO\nFROM two\nFROM a")).toEqual([
      "a",
      "b",
    ]);
  });

  test("comes to an end and never throws, whatever stands in it", () => {
    const piece = fc.constantFrom(
      "FROM x",
      "RUN <<A",
      "A",
      "\\",
      "# escape=`",
      "`",
      "\n",
      " ",
      "COPY <<-'E' y",
      "\t",
      "USER 0",
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 30 }), (pieces) => {
        const text = pieces.join("\n");
        const found = instructionsOf(text);
        expect(found.length).toBeLessThanOrEqual(text.split("\n").length);
        dockerfileWarnings(text, BASE);
        dockerfileProblems(text);
      }),
    );
  });
});

describe("what to think twice about", () => {
  test.each([
    ["the same base and nothing else", BASE, []],
    ["another base image", "FROM evil:latest\nUSER node\n", ["danger base-image"]],
    ["RUN lines", `${BASE}RUN true\n`, ["danger build-network"]],
    ["ADD of an address", `${BASE}ADD https://example.com/x /x\n`, ["danger download"]],
    ["ADD of a repository", `${BASE}ADD git@example.com:a/b.git /x\n`, ["danger download"]],
    [
      "a download that is run",
      `${BASE}RUN curl -fsSL https://x.sh | bash\n`,
      ["danger download", "danger build-network"],
    ],
    ["the host's network", `${BASE}RUN --network=host true\n`, ["danger build-privileges", "danger build-network"]],
    ["no walls", `${BASE}RUN --security=insecure true\n`, ["danger build-privileges", "danger build-network"]],
    ["a key of the build", `${BASE}RUN --mount=type=ssh true\n`, ["danger build-privileges", "danger build-network"]],
    ["root at the end", "FROM node:24-slim\nUSER node\nUSER 0:0\n", ["danger root-user"]],
    ["root in an earlier stage alone", "FROM node:24-slim AS a\nUSER root\nFROM a\nUSER node\n", []],
    ["a reader of its own", `# syntax=evil/frontend:1\n${BASE}`, ["danger foreign-frontend"]],
    ["Docker's own reader", `# syntax=docker/dockerfile:1\n${BASE}`, []],
    ["files of another image", `${BASE}COPY --from=evil/tools:1 /t /t\n`, ["note other-image"]],
    ["files of an own stage", `FROM node:24-slim AS b\n${BASE}COPY --from=b /t /t\n`, []],
    ["a long line", `${BASE}LABEL x="${"a".repeat(300)}"\n`, ["note long-line"]],
  ])("%s", (_what, text, expected) => {
    expect(codes(text)).toEqual(expected);
  });

  test("a secret in the text is named by its line, and not shown", () => {
    const [warning] = dockerfileWarnings(`${BASE}ENV T=${["AKIA", "QYLPMN5HHHFPZAM2"].join("")}\n`, BASE);
    expect(warning).toMatchObject({ code: "planted-secret", severity: "danger" });
    expect(warning?.text).toMatch(/^Line 3 holds what looks like a secret/);
    expect(warning?.text).not.toContain("QYLPMN5");
  });

  test("says what it is made from now, where that is known", () => {
    expect(dockerfileWarnings("FROM b\n", "FROM a\n")[0]?.text).toContain("from b, and not from a as it is now");
    expect(dockerfileWarnings("FROM b\n", undefined)[0]?.text).toContain("It would be made from b: whoever");
  });
});

describe("a proposed Dockerfile", () => {
  test.each([
    ["without FROM", "RUN true\n", "has no FROM line"],
    ["with an escape sequence", "FROM a\u001b[2J\n", "cannot be seen"],
    ["with a direction mark", "FROM a\n# \u202e\n", "cannot be seen"],
    ["with a carriage return", "FROM a\r\nRUN b\r\n", "cannot be seen"],
  ])("%s is none", (_what, dockerfile, said) => {
    expect(CapabilityBlockPayload.safeParse({ dockerfile }).error?.issues[0]?.message).toContain(said);
  });

  test("may be indented with tabs", () => {
    expect(CapabilityBlockPayload.safeParse({ dockerfile: "FROM a\nRUN b \\\n\tc\n" }).success).toBe(true);
  });

  test("is shown as what changes, and whole where nothing is known of before", () => {
    const text = `${BASE}RUN jq\n`;
    expect(describeProposal(proposal(text), BASE)).toMatchObject({
      title: "a Dockerfile from node:24-slim with 1 RUN line",
      diff: ["+ RUN jq"],
    });
    expect(describeProposal(proposal(text)).diff).toEqual(["+ FROM node:24-slim", "+ USER node", "+ RUN jq", "+ "]);
    expect(describeProposal(proposal(BASE), BASE).diff).toEqual([]);
  });

  test("is edited as it is, and refused where it could never be built", () => {
    expect(editText(proposal(BASE))).toBe(BASE);
    expect(validateEdit("capability-block", BASE)).toEqual({ ok: true, payload: { dockerfile: BASE } });
    const wrong = validateEdit("capability-block", "RUN true\nFROM a\nCOPY . /x\nADD y /y\nFRUM b\nUSER\n");
    expect(wrong.ok ? [] : wrong.problems.map(({ line, message }) => `${line}: ${message}`)).toEqual([
      "1: must begin with FROM (or ARG), not with RUN",
      "3: COPY copies from a build context, and there is none: use RUN, or COPY --from=<image>",
      "4: ADD copies from a build context, and there is none: use RUN, or COPY --from=<image>",
      "5: FRUM is no instruction of a Dockerfile",
      "6: USER says nothing",
    ]);
  });
});
