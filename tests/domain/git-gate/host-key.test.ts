import { describe, expect, test } from "vitest";

import { hostKeyProblem, hostKeyWords } from "#domain/git-gate/host-key.ts";

describe("a stated host key", () => {
  test.each(["ssh-ed25519 AAAAC3Nz", "  ecdsa-sha2-nistp256\tAAAAE2Vj==  a comment", ""])(
    "%j is none to object to",
    (text) => {
      expect(hostKeyProblem(text)).toBeUndefined();
    },
  );

  test.each(["github.com ssh-ed25519 AAAAC3Nz", "[git.example.com]:2222 ssh-rsa AAAAB3Nz"])(
    "%j is a whole line of ssh-keyscan, and is told to leave out the name",
    (text) => {
      expect(hostKeyProblem(text)).toBe(
        `must begin with the key's type: leave out the name before it, \`${text.split(" ")[0]}\``,
      );
    },
  );

  test.each([
    "SHA256:eTd1YgmVv8joXzSgMbT",
    "ssh-ed25519",
    "ssh-dss AAAAB3Nz",
    "ssh-ed25519 AAAA\nssh-rsa BBBB",
    "ssh-ed25519 AA..A",
  ])("%j is no key at all", (text) => {
    expect(hostKeyProblem(text)).toContain('must be "<type> <base64>"');
    expect(hostKeyWords(text)).toBeUndefined();
  });
});
