// What the operator should think twice about before a bottle is made from a proposed Dockerfile.

import { plainLine } from "#domain/plain-text.ts";

import { baseImages, directivesOf, type Instruction, instructionsOf } from "./dockerfile.ts";
import { dockerfileSecrets } from "./dockerfile-secrets.ts";
import { danger, note, type Warning } from "./warning.ts";

const LONG_LINE = 200;

/** Dangers first. `before` is what the bottle is made from now, where that is known. */
export function dockerfileWarnings(text: string, before: string | undefined): Warning[] {
  const instructions = instructionsOf(text);
  const found = [
    ...base(text, before),
    ...frontend(text),
    ...instructions.flatMap((instruction) => [...ofInstruction(instruction)]),
    ...dockerfileSecrets(text),
    ...network(instructions),
    ...endsAsRoot(instructions),
    ...longLines(text),
  ];
  return found.toSorted((a, b) => Number(a.severity === "note") - Number(b.severity === "note"));
}

function* base(text: string, before: string | undefined): Generator<Warning> {
  const images = baseImages(text).map((image) => plainLine(image));
  const known = before === undefined ? [] : baseImages(before).map((image) => plainLine(image));
  const others = images.filter((image) => !known.includes(image));
  if (others.length === 0) return;
  const was = known.length === 0 ? "" : `, and not from ${known.join(" and ")} as it is now`;
  yield danger(
    "base-image",
    `It would be made from ${others.join(" and ")}${was}: whoever makes that image is trusted.`,
  );
}

function* frontend(text: string): Generator<Warning> {
  const { syntax } = directivesOf(text);
  if (syntax === undefined || /^(?:docker\.io\/)?docker\/dockerfile:/.test(syntax)) return;
  yield danger("foreign-frontend", `${plainLine(syntax)} would read the file in the place of Docker's own builder.`);
}

function* ofInstruction({ name, text, line }: Instruction): Generator<Warning> {
  const where = `line ${line}`;
  const sources = text.split(/\s+/);
  if (name === "ADD" && /(?:^|[\s["'])(?:https?|git|ssh|ftp):\/\/|(?:^|[\s["'])git@/i.test(text)) {
    yield danger(
      "download",
      `ADD in ${where} takes a file from an address: what is there at the time of the build gets in.`,
    );
  }
  if (name === "RUN" && /(?:^|\s)--network=host\b/.test(text)) {
    yield danger("build-privileges", `RUN in ${where} wants the network of the engine's own machine.`);
  }
  if (name === "RUN" && /(?:^|\s)--security=insecure\b/.test(text)) {
    yield danger("build-privileges", `RUN in ${where} wants to build without the engine's walls.`);
  }
  if (name === "RUN" && /(?:^|\s)--mount=\S*type=(?:ssh|secret)\b/.test(text)) {
    yield danger("build-privileges", `RUN in ${where} asks for a key or a secret of the build.`);
  }
  if (name === "RUN" && /\b(?:curl|wget)\b[^|;&]*\|\s*(?:sudo\s+)?(?:\S*\/)?(?:ba|da|z)?sh\b/.test(text)) {
    yield danger("download", `RUN in ${where} runs what it downloads, whatever that is at the time of the build.`);
  }
  const from = sources.find((word) => word.startsWith("--from="))?.slice("--from=".length);
  if (name === "COPY" && from !== undefined && /[./:]/.test(from)) {
    yield note("other-image", `COPY in ${where} takes files from the image ${plainLine(from)}.`);
  }
}

function* network(instructions: readonly Instruction[]): Generator<Warning> {
  const runs = instructions.filter(({ name }) => name === "RUN").length;
  if (runs === 0) return;
  const what = runs === 1 ? "1 RUN line reaches" : `${runs} RUN lines reach`;
  yield danger(
    "build-network",
    `While it is built, ${what} whatever the engine's network reaches: no firewall is between.`,
  );
}

function* endsAsRoot(instructions: readonly Instruction[]): Generator<Warning> {
  const lastStage = instructions.findLastIndex(({ name }) => name === "FROM");
  const user = instructions.slice(lastStage + 1).findLast(({ name }) => name === "USER")?.text;
  if (user === undefined || !/^["']?(?:root|0)(?:["':\s]|$)/i.test(user)) return;
  yield danger("root-user", "It ends as USER root: the file means its programs to run as root.");
}

function* longLines(text: string): Generator<Warning> {
  const lines = text.split("\n").flatMap((line, index) => (line.length > LONG_LINE ? [index + 1] : []));
  if (lines.length === 0) return;
  const which = lines.length === 1 ? `line ${lines[0]}` : `lines ${lines.slice(0, 5).join(", ")}`;
  yield note("long-line", `Read ${which} to the end: more than ${LONG_LINE} characters.`);
}
