// How util-linux alone makes a bottle: `unshare` for the namespaces, and a script that, as the first process inside them,
// builds a private file system, enters it, and gives up every capability before anything of the agent's runs.

import { INSIDE } from "#domain/boot/protocol.ts";

import { lastStep, type Loader } from "./filter-loader.ts";
import { INSIDE_UID, SHM_BYTES, TMP_BYTES, type Bind, type Sandbox } from "./sandbox.ts";
import { quote, words } from "./shell-text.ts";

const DEVICES = ["null", "zero", "full", "random", "urandom", "tty"];

/** Runs `command` inside. No value of an environment variable and no secret stands here. */
export function unshareArgs(sandbox: Sandbox, command: readonly string[], loader: Loader | undefined): string[] {
  return [
    ...words(`unshare --user --map-user=${INSIDE_UID} --map-group=${INSIDE_UID} --keep-caps`),
    ...words("--mount --propagation private --pid --net --ipc --uts --cgroup --fork --kill-child=KILL"),
    ...words("/bin/sh -c"),
    unshareScript(sandbox, loader),
    "bottle",
    ...command,
  ];
}

/** For /bin/sh, process 1 of the bottle with all capabilities of its own user namespace; "$@" is what to run. */
function unshareScript(sandbox: Sandbox, loader: Loader | undefined): string {
  return [
    "set -eu",
    "umask 022",
    `cd ${quote(sandbox.scratch)}`,
    "mount -t tmpfs -o mode=0755,nosuid,nodev,size=4m tmpfs .",
    `cd ${quote(sandbox.scratch)}`, // the old folder lies below the new mount
    ...sandbox.binds.flatMap(bind),
    ...sandbox.links.map(
      ({ path, target }) => `mkdir -p ${quote(parentOf(inside(path)))}; ln -s ${quote(target)} ${quote(inside(path))}`,
    ),
    ...proc(sandbox),
    ...devices(),
    ...temporary(),
    ...LOOPBACK_UP,
    "hostname bottle 2>/dev/null || :", // a nicety
    ...enter(),
    ...remount(sandbox.binds),
    `cd ${INSIDE.home}`,
    ...lastStep(loader, process.arch),
  ].join("\n");
}

function bind({ from, to, kind }: Bind): string[] {
  const target = quote(inside(to));
  const make = kind === "folder" ? `mkdir -p ${target}` : `mkdir -p ${quote(parentOf(inside(to)))}; : > ${target}`;
  // Recursively: the kernel refuses to show what another mount hides.
  return [make, `mount --rbind ${quote(from)} ${target}`];
}

function proc({ masked }: Sandbox): string[] {
  return [
    "mkdir -p proc",
    "mount -t proc -o nosuid,nodev,noexec proc proc",
    "echo 0 > proc/sys/user/max_user_namespaces",
    "mount --bind proc/sys proc/sys",
    ...masked.map(({ path, kind }) => {
      const target = quote(inside(path));
      return kind === "file"
        ? `mount --bind /dev/null ${target}`
        : `mount -t tmpfs -o ro,nosuid,nodev,noexec,size=4k tmpfs ${target}`;
    }),
  ];
}

function devices(): string[] {
  return [
    "mkdir -p dev",
    "mount -t tmpfs -o mode=0755,nosuid,noexec,size=64k tmpfs dev",
    ...DEVICES.flatMap((name) => [`: > dev/${name}`, `mount --bind /dev/${name} dev/${name}`]),
    "mkdir dev/pts dev/shm",
    "mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,nosuid,noexec devpts dev/pts",
    `mount -t tmpfs -o mode=1777,nosuid,nodev,noexec,size=${SHM_BYTES} tmpfs dev/shm`,
    "ln -s pts/ptmx dev/ptmx",
    ...[
      ["fd", "self/fd"],
      ["stdin", "self/fd/0"],
      ["stdout", "self/fd/1"],
      ["stderr", "self/fd/2"],
    ].map(([name, target]) => `ln -s /proc/${target} dev/${name}`),
    // Programs that ask for the name of their terminal find it here: the host's /dev/pts is not there.
    'if terminal=$(tty); then : > dev/console; mount --bind "$terminal" dev/console; fi',
  ];
}

function temporary(): string[] {
  return [
    "mkdir -p tmp var",
    `mount -t tmpfs -o mode=1777,nosuid,nodev,size=${TMP_BYTES} tmpfs tmp`,
    "ln -s /tmp var/tmp",
  ];
}

/** Whichever program of these the host has; without loopback the bottle could not reach its sidecars. */
const LOOPBACK_UP = [
  "ip link set lo up 2>/dev/null || ifconfig lo up 2>/dev/null ||",
  String.raw`  perl -e 'socket(S, 2, 2, 0) or die; ioctl(S, 0x8914, pack("a16 s x22", "lo", 65)) or die' 2>/dev/null ||`,
  "  busybox ip link set lo up 2>/dev/null ||",
  "  { echo 'bottle-dash: nothing here can bring loopback up: install iproute2' >&2; exit 1; }",
];

function enter(): string[] {
  return [
    "mkdir .host",
    "pivot_root . .host",
    "cd /",
    "umount -n -l /.host", // -n: libmount would look for a table of mounts that is gone by then
    "rmdir /.host",
  ];
}

/** All mounts are there and the host's are gone: each gets its final flags, those below a bind as well. */
function remount(binds: readonly Bind[]): string[] {
  const writable = binds.filter((one) => one.writable).map(({ to }) => to);
  return [
    "while read -r _ _ _ _ point options _; do",
    '  case "$point" in',
    "    /dev/*|/tmp|/proc) continue ;;",
    ...writable.map((to) => `    ${quote(to)}|${quote(to)}/*) write=rw ;;`),
    "    *) write=ro ;;",
    "  esac",
    '  case ",$options," in *,noexec,*) flags=nosuid,nodev,noexec ;; *) flags=nosuid,nodev ;; esac',
    '  mount -n -o "remount,bind,$write,$flags" "$(printf %b "$point")"',
    "done <<MOUNTS",
    "$(cat /proc/self/mountinfo)",
    "MOUNTS",
  ];
}

/** `/usr` → `usr`: the script stands in the new root. */
function inside(path: string): string {
  return path.slice(1);
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash === -1 ? "." : path.slice(0, slash);
}
