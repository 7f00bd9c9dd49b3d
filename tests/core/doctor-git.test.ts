import { expect, test } from "vitest";

import { gitItem, sshItem } from "#core/doctor-git.ts";

test.each([
  ["git version 2.39.5", "ok", "2.39.5"],
  ["git version 2.50.1 (Apple Git-155)", "ok", "2.50.1"],
  ["git version 3.0.0", "ok", "3.0.0"],
  ["git version 2.25.1", "warning", "2.25.1 is too old for the git gate"],
  ["git version 1.99.0", "warning", "1.99.0 is too old for the git gate"],
  [undefined, "warning", "is not installed; the git gate of local bottles needs it"],
])("%s is %s", (text, state, detail) => {
  expect(gitItem(text)).toMatchObject({ state, detail });
});

test.each([
  ["OpenSSH_9.2p1 Debian-2+deb12u6, OpenSSL 3.0.16", "ok", "OpenSSH_9.2p1"],
  [undefined, "warning", "is not installed; the git gate of local bottles reaches its remotes with it"],
])("%s is %s", (text, state, detail) => {
  expect(sshItem(text)).toMatchObject({ state, detail });
});
