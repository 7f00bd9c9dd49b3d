// What of a Dockerfile we read: the images that it begins from.

/**
 * Images named by `FROM` and by `COPY --from`, without stages of its own and without those whose names are variables:
 * the build itself finds these.
 */
export function basesOf(dockerfile: string): string[] {
  const stages = new Set<string>(["scratch"]);
  const bases = new Set<string>();
  for (const line of instructions(dockerfile)) {
    const from = /^FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?/i.exec(line);
    const copied = /^COPY\s+(?:--\S+\s+)*?--from=(\S+)/i.exec(line)?.[1];
    const named = from?.[1] ?? copied;
    const isStage =
      named === undefined || stages.has(named.toLowerCase()) || (copied !== undefined && /^\d+$/.test(copied));
    if (!isStage && !named.includes("$")) bases.add(named);
    if (from?.[2] !== undefined) stages.add(from[2].toLowerCase());
  }
  return [...bases];
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
