import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { gitPushRefusal, isGitPush } from "#sidecars/egress/policy/git-push.ts";
import { normalisePath } from "#sidecars/egress/policy/normalise-path.ts";

const isPush = (target: string): boolean => {
  const path = normalisePath(target);
  if (path.kind === "bad") throw new Error(`${target}: ${path.reason}`);
  return isGitPush(path);
};

describe("a git push over HTTP", () => {
  test.each([
    "/acme/app.git/git-receive-pack",
    "/acme/app.git/git-receive-pack/",
    "/acme/app.git/git-receive-pack?x=1",
    "/acme/app.git/GIT-Receive-Pack",
    "/acme/app.git/git%2dreceive%2Dpack",
    "/acme/app.git/%67it-receive-pack",
    "/acme/app.git/git-receive-pack;v=1",
    "/acme/x/../app.git/git-receive-pack",
    "/acme%2fapp.git%2fgit-receive-pack",
    "/git-receive-pack",
    "/acme/app.git/info/refs?service=git-receive-pack",
    "/acme/app.git/info/refs/?service=git-receive-pack",
    "/acme/app.git/INFO/refs?service=GIT-RECEIVE-PACK",
    "/acme/app.git/%69nfo/refs?service=git-receive-pack",
    "/acme/app.git/info%2Frefs?service=git-receive-pack",
    "/acme/app.git/info/refs?s%65rvice=git%2Dreceive%2dpack",
    "/acme/app.git/info/refs?service=git%252Dreceive-pack",
    "/acme/app.git/info/refs?service=git-upload-pack&service=git-receive-pack",
    "/acme/app.git/info/refs?service=git-receive-pack&service=git-upload-pack",
    "/acme/app.git/info/refs?a=b;service=git-receive-pack",
    "/acme/app.git/info/refs?SERVICE=git-receive-pack",
    "/acme/app.git/info/refs?x=%zz&service=git%2dreceive-pack",
    "/acme/app.git/info/refs?service[]=git-receive-pack",
  ])("%s", (target) => {
    expect(isPush(target)).toBe(true);
  });

  test.each([
    "/acme/app.git/info/refs?service=git-upload-pack",
    "/acme/app.git/git-upload-pack",
    "/acme/app.git/info/refs",
    "/acme/app.git/info/refs?",
    "/acme/app.git/HEAD?service=git-receive-pack",
    "/acme/git-receive-pack/readme",
    "/acme/not-git-receive-pack",
    "/docs/info/refs-of?service=git-receive-pack",
    "/search?q=git-receive-pack",
    "/",
  ])("is not %s", (target) => {
    expect(isPush(target)).toBe(false);
  });

  test("is found in any percent spelling of its names", () => {
    const spelt = (text: string) =>
      fc.array(fc.boolean(), { minLength: text.length, maxLength: text.length }).map((escaped) =>
        text
          .split("")
          .map((char, at) => (escaped[at] === true ? `%${char.charCodeAt(0).toString(16)}` : char))
          .join(""),
      );
    fc.assert(
      fc.property(
        spelt("git-receive-pack"),
        spelt("service"),
        spelt("info"),
        spelt("refs"),
        (pack, key, info, refs) => {
          expect(isPush(`/a.git/${pack}`)).toBe(true);
          expect(isPush(`/a.git/${info}/${refs}?x=y&${key}=${pack}`)).toBe(true);
        },
      ),
    );
  });

  test("is refused with a pointer to the git gate, and no rule to ask for", () => {
    const refusal = gitPushRefusal("github.com");
    expect(refusal).toMatchObject({ status: 403, code: "git_push_refused" });
    expect(refusal.reason).toContain("git gate");
    expect(refusal.suggestion).toBeUndefined();
  });
});
