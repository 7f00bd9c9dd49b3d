import { expect, test } from "vitest";

import { hintFor, probeOf, searchMechanism, type Failure, type KernelSettings } from "#backends/local/probe.ts";

const nothing: KernelSettings = { apparmor: undefined, clone: undefined, max: undefined };
const broken: Failure[] = [
  { mechanism: "bubblewrap", missing: true, message: "not installed" },
  { mechanism: "util-linux", missing: false, message: "unshare: unshare failed: Operation not permitted" },
];

test.each([
  [{ ...nothing, apparmor: "1" }, /kernel\.apparmor_restrict_unprivileged_userns=0/],
  [{ ...nothing, clone: "0" }, /kernel\.unprivileged_userns_clone=1/],
  [{ ...nothing, max: "0" }, /user\.max_user_namespaces=15000/],
  [{ ...nothing, max: "15000" }, /container/],
])("says what to set when the kernel says %o", (settings, hint) => {
  expect(hintFor(broken, settings)).toMatch(hint);
});

test("says what to install when nothing is there", () => {
  expect(
    hintFor(
      broken.map((one) => ({ ...one, missing: true })),
      nothing,
    ),
  ).toMatch(/apt-get install bubblewrap/);
});

test("names what was tried and why it failed, and never runs an agent unconfined", () => {
  expect(probeOf({ found: undefined, tried: broken }, undefined)).toMatchObject({
    available: false,
    why: "bubblewrap: not installed; util-linux: unshare: unshare failed: Operation not permitted",
  });
});

test("refuses a mechanism that it does not know", async () => {
  expect(probeOf(await searchMechanism("chroot"), "chroot")).toMatchObject({
    available: false,
    why: 'BOTTLE_SANDBOX is "chroot"',
  });
});

const utilLinux = { mechanism: "util-linux", version: "unshare 2.38", bubblewrap: { modern: true } } as const;

test("says of util-linux what it lacks where nothing loads the filter, and what to install for it", () => {
  expect(probeOf({ found: { ...utilLinux, loader: undefined } }, undefined)).toMatchObject({
    available: true,
    weaknesses: [expect.stringMatching(/system calls.*vsock.*keys.*bubblewrap/)],
  });
});

test.each(["perl", "setpriv"] as const)("has nothing to say against util-linux where %s loads the filter", (loader) => {
  expect(probeOf({ found: { ...utilLinux, loader } }, undefined)).toMatchObject({ available: true, weaknesses: [] });
});
