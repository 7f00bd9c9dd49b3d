// How a bottle that util-linux makes gets the system call filter and a session keyring of its own, as the last step before
// anything of the agent's runs. bubblewrap loads the filter itself.

import { PATH, SECCOMP_FD } from "./sandbox.ts";
import { quote } from "./shell-text.ts";
import { PRCTL, syscallNumber } from "./syscalls.ts";

/**
 * Programs of the host that can load a filter, best first. perl also leaves the operator's session keyring; under
 * setpriv (from util-linux 2.40 on) the filter alone keeps it shut.
 */
export const LOADERS = ["perl", "setpriv"] as const;
export type Loader = (typeof LOADERS)[number];

const PR_SET_SECCOMP = 22;
const SECCOMP_MODE_FILTER = 2;
const KEYCTL_JOIN_SESSION_KEYRING = 1;

const GIVE_UP_RIGHTS = "setpriv --no-new-privs --inh-caps=-all --ambient-caps=-all --bounding-set=-all";
const OWN_ENVIRONMENT = `env -i PATH=${PATH} TERM=xterm-256color`;
/** Process 1 has no capability, and waits for the entrypoint: it reaps, and its end is the bottle's end. */
const FIRST_PROCESS = `'"$@"; exit $?' bottle "$@"`;

/** The script's last lines: gives up every capability, loads the filter, and becomes process 1, which runs "$@". */
export function lastStep(loader: Loader | undefined, architecture: string): string[] {
  switch (loader) {
    case undefined:
      return [`exec ${GIVE_UP_RIGHTS} ${OWN_ENVIRONMENT} /bin/sh -c ${FIRST_PROCESS}`];
    case "perl":
      return [
        `exec ${GIVE_UP_RIGHTS} ${OWN_ENVIRONMENT} perl -e ${quote(perlProgram(architecture))} /bin/sh -c ${FIRST_PROCESS}`,
      ];
    case "setpriv":
      return [
        // It opens the filter by a name, and the one on the descriptor belongs to root when root drops to another uid.
        `cat <&${SECCOMP_FD} >/tmp/filter`,
        `exec ${SECCOMP_FD}</tmp/filter`,
        "rm /tmp/filter",
        `exec ${GIVE_UP_RIGHTS} --seccomp-filter /proc/self/fd/${SECCOMP_FD}` +
          ` ${OWN_ENVIRONMENT} /bin/sh -c 'exec ${SECCOMP_FD}<&-; '${FIRST_PROCESS}`,
      ];
  }
}

/**
 * Reads the filter from its descriptor and closes that. A keyring that cannot be made (a kernel without keys, a quota
 * that is used up) is no reason to stop: the filter refuses every call that would reach the old one.
 */
function perlProgram(architecture: string): string {
  if (architecture !== "x64" && architecture !== "arm64") throw new RangeError(`no system calls for ${architecture}`);
  return [
    `syscall(${syscallNumber("keyctl", architecture)}, ${KEYCTL_JOIN_SESSION_KEYRING}, 0);`,
    `open(F, "<&=", ${SECCOMP_FD}) or die "no filter: $!\\n"; binmode(F);`,
    `my $filter = ""; while (my $n = read(F, $filter, 65536, length $filter)) {} close(F);`,
    `length $filter or die "an empty filter\\n";`,
    // struct sock_fprog: a count, padding, a pointer.
    `my $program = pack("S x6 P", length($filter) / 8, $filter);`,
    `syscall(${PRCTL[architecture]}, ${PR_SET_SECCOMP}, ${SECCOMP_MODE_FILTER}, $program) == 0 or die "no system call filter: $!\\n";`,
    `exec { $ARGV[0] } @ARGV or die "$ARGV[0]: $!\\n";`,
  ].join(" ");
}
