// What keeps a proposed Dockerfile from ever being built, found before anybody waits for a build.

import { instructionsOf } from "./dockerfile.ts";

export interface DockerfileProblem {
  readonly line: number | undefined;
  readonly message: string;
}

const INSTRUCTIONS = new Set(
  "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER VOLUME WORKDIR".split(
    " ",
  ),
);

export function dockerfileProblems(text: string): DockerfileProblem[] {
  const instructions = instructionsOf(text);
  const first = instructions.find(({ name }) => name !== "ARG");
  return [
    ...(first === undefined || first.name === "FROM"
      ? []
      : [{ line: first.line, message: `must begin with FROM (or ARG), not with ${first.name}` }]),
    ...instructions.flatMap(({ name, text: rest, line }) => {
      if (!INSTRUCTIONS.has(name)) return [{ line, message: `${name} is no instruction of a Dockerfile` }];
      if (rest === "") return [{ line, message: `${name} says nothing` }];
      return needsContext(name, rest)
        ? [{ line, message: `${name} copies from a build context, and there is none: use RUN, or COPY --from=<image>` }]
        : [];
    }),
  ];
}

function needsContext(name: string, rest: string): boolean {
  if (name === "COPY") return !/(?:^|\s)--from=/.test(rest) && !rest.includes("<<");
  return name === "ADD" && !/:\/\/|git@/.test(rest) && !rest.includes("<<");
}
