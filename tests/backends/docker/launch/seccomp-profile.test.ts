// The system call profile of an agent's container.

import { describe, expect, test } from "vitest";

import { seccompProfile } from "#backends/docker/launch/seccomp-profile.ts";

interface Profile {
  readonly defaultAction: string;
  readonly architectures: readonly string[];
  readonly syscalls: readonly {
    readonly names: readonly string[];
    readonly action: string;
    readonly args?: readonly { readonly index: number; readonly value: number }[];
  }[];
}

const profileOf = (architecture: string) => JSON.parse(seccompProfile(architecture) ?? "null") as Profile;
const allowed = ({ syscalls }: Profile, name: string) =>
  syscalls.filter(({ names, action }) => names.includes(name) && action === "SCMP_ACT_ALLOW");

describe("the profile", () => {
  test.each(["x86_64", "aarch64"])(
    "of %s refuses what it does not name, and knows no other machine's calls",
    (name) => {
      const profile = profileOf(name);
      expect(profile.defaultAction).toBe("SCMP_ACT_ERRNO");
      expect(profile.architectures).toHaveLength(1);
    },
  );

  test.each([
    "mount",
    "umount2",
    "pivot_root",
    "unshare",
    "setns",
    "bpf",
    "perf_event_open",
    "keyctl",
    "add_key",
    "request_key",
    "io_uring_setup",
    "userfaultfd",
    "kexec_load",
    "init_module",
    "finit_module",
    "open_by_handle_at",
    "reboot",
    "swapon",
    "process_vm_readv",
    "process_vm_writev",
    "acct",
    "quotactl",
    "move_mount",
    "fsopen",
    "clone3",
    "socketcall",
  ])("leaves %s out", (name) => expect(allowed(profileOf("x86_64"), name)).toEqual([]));

  test("opens sockets of three families alone, and makes no namespace", () => {
    const profile = profileOf("x86_64");
    expect(allowed(profile, "socket").map(({ args }) => args?.map(({ index, value }) => [index, value]))).toEqual([
      [[0, 1]],
      [[0, 2]],
      [[0, 10]],
    ]);
    expect(allowed(profile, "clone").map(({ args }) => args?.[0]?.value)).toEqual([0x7e020000]);
  });

  test("is none for a machine that we do not know", () => {
    expect(seccompProfile("riscv64")).toBeUndefined();
  });
});
