// What the operator's login session keeps in its kernel keyring is out of an agent's reach, and so are rare sockets.

import { existsSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { localBackend } from "#backends/local/index.ts";
import { syscallNumber } from "#backends/local/sandbox/syscalls.ts";
import { newBottles, script, specOf, view } from "#tests/helpers/bottles.ts";
import { requirement } from "#tests/helpers/require.ts";
import { startLauncher } from "#tests/helpers/launcher.ts";

import { requireMechanism } from "./require-mechanism.ts";

const architecture = process.arch === "arm64" ? "arm64" : "x64";
const [keyctl, addKey] = [syscallNumber("keyctl", architecture), syscallNumber("add_key", architecture)];
const OPERATOR = 1_999_999_778;

/** Runs the words after it in a new session whose keyring holds a secret. */
const IN_SESSION = [
  "/usr/bin/perl",
  "-e",
  `syscall(${keyctl}, 1, 0) > 0 or die "keyring: $!"; my ($t, $d, $p) = ("user", "operators-secret", "KEY-MATERIAL");` +
    `my $k = syscall(${addKey}, $t, $d, $p, length $p, -3); $k > 0 or die "key: $!";` +
    // Whoever descends from the session may read it: the worst that an operator's own tools leave.
    `syscall(${keyctl}, 5, $k, 0x3f3f3f3f) == 0 or die "permission: $!"; exec @ARGV or die;`,
];
const SEARCH =
  `my ($t, $d) = ("user", "operators-secret"); my $k = syscall(${keyctl}, 10, -3, $t, $d, 0); print "search ", $k > 0 ? "found" : $!, "\n";` +
  `print "vsock ", socket(my $s, 40, 1, 0) ? "opened" : $!, "\n"; print "netlink ", socket(my $n, 16, 3, 0) ? "opened" : $!, "\n";`;

const perl: { skip: boolean; meta: object } = requirement("perl", () =>
  existsSync("/usr/bin/perl") ? undefined : "only perl can make these system calls",
);

for (const mechanism of ["bubblewrap", "util-linux"] as const) {
  const required = await requireMechanism(mechanism);
  describe(`a bottle by ${mechanism}`, required.skip ? required : perl, () => {
    const operators = process.getuid?.() === 0 ? [undefined, OPERATOR] : [undefined];
    test.each(operators)("does not find the key of its operator's session (operator: %s)", async (as) => {
      const bottles = newBottles((root) => localBackend({ root, mechanism }), as === undefined ? {} : { owner: as });
      const slug = bottles.prepare();
      const spec = specOf({ slug, argv: script(`perl -e '${SEARCH}'; echo done; read go`) });
      const env = { PATH: process.env["PATH"] ?? "", HOME: bottles.root };
      // The uid is dropped first, so that the session is the operator's own.
      const launcher = startLauncher(
        { root: bottles.root, mechanism, spec },
        { env, within: IN_SESSION, ...(as === undefined ? {} : { as }) },
      );
      try {
        expect(await launcher.line((line) => line.type === "end")).toMatchObject({ error: null });
        const screen = await (await view(bottles.backend.open(slug))).shows("done");
        expect(screen).toMatch(/search (?!found)/);
        expect(screen).toMatch(/vsock Address family not supported[^]*netlink Address family not supported/);
      } finally {
        launcher.process.kill("SIGKILL");
        await bottles.end();
      }
    });
  });
}
