// What we compare ourselves with, installed on request: Debian's mitmproxy.

import { spawnSync } from "node:child_process";

export function hasMitmproxy(): boolean {
  return spawnSync("mitmdump", ["--version"], { stdio: "ignore" }).status === 0;
}

/** Throws where it cannot be installed: not Debian, not root, or no network. */
export function installRivals(): void {
  if (hasMitmproxy()) return;
  const install = ["install", "-y", "--no-install-recommends", "mitmproxy"];
  for (const args of [["update"], install]) {
    const { status } = spawnSync("apt-get", args, {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
    if (status !== 0)
      throw new Error(
        `apt-get ${args.join(" ")} failed: install mitmproxy yourself, and run the benchmark without --setup`,
      );
  }
}
