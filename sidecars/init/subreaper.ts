// Wraps a daemon that has children of its own, so that none of what it leaves is left to us. As PID 1 we would inherit its
// orphans, and Node waits for its own children alone: each would stay a zombie for as long as the bottle lives.

import { existsSync } from "node:fs";

import type { DaemonCommand } from "./daemon-command.ts";

/** Part of every Debian, and needed by git. */
const PERL = "/usr/bin/perl";
/** Of prctl(2). */
const PRCTL: Readonly<Record<string, number>> = { x64: 157, arm64: 167 };
const PR_SET_PDEATHSIG = 1;
const PR_SET_CHILD_SUBREAPER = 36;

/**
 * The daemon runs below a small process that adopts and reaps its orphans, passes signals on, and ends the way the daemon
 * does, after killing what that left. Unchanged where there is no perl.
 */
export function underSubreaper(command: DaemonCommand, architecture: string = process.arch): DaemonCommand {
  const prctl = PRCTL[architecture];
  if (prctl === undefined || !existsSync(PERL)) return command;
  return { ...command, file: PERL, args: ["-e", program(prctl), command.file, ...command.args] };
}

/** What the daemon left is found by its parent, which is us by then; killing it brings the next generation up to us. */
function program(prctl: number): string {
  return [
    `use POSIX (); use Errno;`,
    `syscall(${prctl}, ${PR_SET_CHILD_SUBREAPER}, 1, 0, 0, 0) == 0 or die "no subreaper: $!\\n";`,
    // Signals that come before there is a daemon wait for it.
    `my $set = POSIX::SigSet->new(POSIX::SIGTERM, POSIX::SIGINT, POSIX::SIGHUP, POSIX::SIGUSR1);`,
    `POSIX::sigprocmask(POSIX::SIG_BLOCK, $set);`,
    `my $daemon = fork; defined $daemon or die "no process: $!\\n";`,
    `if ($daemon == 0) {`,
    `  syscall(${prctl}, ${PR_SET_PDEATHSIG}, 9, 0, 0, 0); getppid() == 1 and exit 1;`,
    `  POSIX::sigprocmask(POSIX::SIG_UNBLOCK, $set);`,
    `  exec { $ARGV[0] } @ARGV or die "$ARGV[0]: $!\\n";`,
    `}`,
    // The daemon's ends of its pipes must be its own: an end of its output is its end.
    `open(STDIN, "<", "/dev/null"); open(STDOUT, ">", "/dev/null");`,
    `for my $name (qw(TERM INT HUP USR1)) { $SIG{$name} = sub { kill $name, $daemon } }`,
    `POSIX::sigprocmask(POSIX::SIG_UNBLOCK, $set);`,
    `my $how = 0;`,
    `while (1) { my $pid = waitpid(-1, 0); if ($pid == $daemon) { $how = $?; last } last if $pid == -1 && !$!{EINTR} }`,
    `sub left { my @left; for my $path (glob("/proc/[0-9]*/stat")) {`,
    `  open(my $file, "<", $path) or next; my $stat = <$file>;`,
    `  push @left, $1 if defined $stat && $stat =~ /^(\\d+) .*\\) \\S (\\d+) /s && $2 == $$;`,
    `} return @left }`,
    `while (1) { kill 9, left(); my $pid = waitpid(-1, 0); last if $pid == -1 && !$!{EINTR} }`,
    `if (my $signal = $how & 127) { $SIG{$_} = "DEFAULT" for qw(TERM INT HUP USR1); kill $signal, $$ }`,
    `exit $how >> 8;`,
  ].join("\n");
}
