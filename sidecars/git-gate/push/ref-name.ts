// Which names of refs may be pushed: those that git takes (git-check-ref-format), of branches, tags and notes.

const KINDS = ["refs/heads/", "refs/tags/", "refs/notes/"];
const LONGEST = 500;
// oxlint-disable-next-line no-control-regex -- controls are what no ref may have
const FORBIDDEN = /[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|\.$|\/$/;

/** Why a ref of this name is not taken, or undefined. */
export function refNameProblem(ref: string): string | undefined {
  if (!KINDS.some((kind) => ref.startsWith(kind)))
    return "only branches (refs/heads), tags (refs/tags) and notes (refs/notes) may be pushed";
  if (ref.length > LONGEST) return `its name is longer than ${LONGEST} characters`;
  if (FORBIDDEN.test(ref) || ref === "refs/heads/HEAD" || ref.startsWith("refs/heads/-"))
    return "it is no name that git allows";
  if (ref.split("/").some((part) => part === "" || part.startsWith(".") || part.endsWith(".lock")))
    return "it is no name that git allows";
  return undefined;
}
