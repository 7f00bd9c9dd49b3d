// What of a Dockerfile we read: the images that it begins from.

/** Bytes. */
export const DOCKERFILE_LIMIT = 1_048_576;

/**
 * Images named by `FROM` and by `COPY --from`, without the file's own stages. Variables stand for their defaults; a name
 * that still has one is left out: the build itself finds it.
 */
export function basesOf(dockerfile: string): string[] {
  const stages = new Set<string>(["scratch"]);
  const bases = new Set<string>();
  const defaults = new Map<string, string>();
  for (const line of instructions(dockerfile)) {
    const [, name, value] = /^ARG\s+([A-Za-z_]\w*)=(\S+)/i.exec(line) ?? [];
    if (name !== undefined && value !== undefined && bases.size === 0) defaults.set(name, unquoted(value));
    const [, from, stage] = /^FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?/i.exec(line) ?? [];
    const copied = /^COPY\s+(?:--\S+\s+)*?--from=(\S+)/i.exec(line)?.[1];
    const image = substituted(from ?? copied ?? "", defaults);
    const isStage = stages.has(image.toLowerCase()) || (copied !== undefined && /^\d+$/.test(image));
    if (image !== "" && !isStage && !image.includes("$")) bases.add(image);
    if (stage !== undefined) stages.add(stage.toLowerCase());
  }
  return [...bases];
}

function substituted(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(
    /\$(?:\{(\w+)(?::-([^}]*))?\}|(\w+))/g,
    (whole, braced: string | undefined, otherwise: string | undefined, bare: string | undefined) =>
      values.get(braced ?? bare ?? "") ?? otherwise ?? whole,
  );
}

function unquoted(value: string): string {
  return value.replace(/^(["'])(.*)\1$/, "$2");
}

/** Lines joined where they are continued, without comments. */
function instructions(dockerfile: string): string[] {
  const lines = dockerfile.split(/\r?\n/).filter((line) => !/^\s*#/.test(line));
  return lines
    .join("\n")
    .replace(/\\[ \t]*\n/g, " ")
    .split("\n")
    .map((line) => line.trim());
}
