// Whether a request is a `git push` over HTTP: that goes by the git gate, which looks at what is pushed. Servers tell a push
// by exact names; here every spelling counts that some server could take for them.

import type { ParsedRequest } from "./parse-request.ts";
import type { Refusal } from "./refusal.ts";

const SERVICE = "git-receive-pack";

/** Fetches and clones (git-upload-pack) are none. */
export function isGitPush({ path, forward }: Pick<ParsedRequest, "path" | "forward">): boolean {
  const lower = path.toLowerCase();
  if (!lower.includes(SERVICE) && !lower.includes("refs")) return false;
  const [last, before] = lastSegments(lower.replaceAll("%2f", "/"));
  if (last === SERVICE) return true;
  if (last !== "refs" || before !== "info") return false;
  const mark = forward.indexOf("?");
  return mark !== -1 && namesService(forward.slice(mark + 1));
}

export function gitPushRefusal(host: string): Refusal {
  return {
    status: 403,
    code: "git_push_refused",
    rule: "git gate",
    reason: `git push over HTTPS to ${host} is refused on every route: pushes go through the bottle's git gate, which looks at what leaves; clone and fetch work here`,
  };
}

/** Whichever of its parameters a server would read, in whichever spelling: a query that has the name in it is a push. */
function namesService(query: string): boolean {
  let text = query;
  for (let round = 0; round < 3; round += 1) {
    if (text.toLowerCase().includes(SERVICE)) return true;
    const plain = unescaped(text);
    if (plain === text) return false;
    text = plain;
  }
  return text.toLowerCase().includes(SERVICE);
}

/** Escapes of letters, of the hyphen and of % itself, one by one: a broken one elsewhere must not hide the others. */
function unescaped(text: string): string {
  return text.replaceAll(/%(?:2d|25|[4-7][0-9a-f])/gi, (escape) =>
    String.fromCharCode(Number.parseInt(escape.slice(1), 16)),
  );
}

/** The last two that are not empty, without parameters; the last first. */
function lastSegments(path: string): string[] {
  const found: string[] = [];
  for (let end = path.length; end > 0 && found.length < 2;) {
    const slash = path.lastIndexOf("/", end - 1);
    const [name = ""] = path.slice(slash + 1, end).split(";", 1);
    if (name.trim() !== "") found.push(name.trim());
    end = slash;
  }
  return found;
}
