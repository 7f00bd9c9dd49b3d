// Reads what `git push --porcelain` prints: of each ref whether upstream took it, and what upstream said.

export interface PushReport {
  /** Of a ref that upstream refused: why. */
  readonly refused: ReadonlyMap<string, string>;
  readonly taken: ReadonlySet<string>;
  /** What upstream's hooks said; and what else git and ssh had to say. */
  readonly remote: readonly string[];
  readonly local: readonly string[];
}

const STATUS = /^([ +\-*=!])\t([^\t]*):([^\t:]+)\t(.*)$/;

export function readPushReport(stdout: string, stderr: string): PushReport {
  const refused = new Map<string, string>();
  const taken = new Set<string>();
  for (const line of stdout.split("\n")) {
    const [, flag, , ref, summary] = STATUS.exec(line) ?? [];
    if (flag === undefined || ref === undefined) continue;
    if (flag === "!") refused.set(ref, reason(summary ?? ""));
    else taken.add(ref);
  }
  const said = stderr.split(/\r\n|[\r\n]/).filter((line) => line.trim() !== "");
  return {
    refused,
    taken,
    remote: said.filter((line) => line.startsWith("remote: ")).map((line) => line.slice("remote: ".length)),
    local: said.filter((line) => !line.startsWith("remote:") && !isNoise(line)),
  };
}

/** `[remote rejected] (hook declined)`. */
function reason(summary: string): string {
  return /\(([^]*)\)$/.exec(summary)?.[1] ?? summary;
}

/** Of the address that git prints, and of advice for the person whose clone it would be. */
function isNoise(line: string): boolean {
  return line.startsWith("To ") || line.startsWith("hint:") || line.startsWith("error: failed to push some refs");
}
