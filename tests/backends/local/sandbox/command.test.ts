import { describe, expect, test } from "vitest";

import { sandboxCommand, type Maker } from "#backends/local/sandbox/command.ts";
import { bottleUid } from "#backends/local/sandbox/drop-root.ts";
import type { Sandbox } from "#backends/local/sandbox/sandbox.ts";
import { quote } from "#backends/local/sandbox/shell-text.ts";

const sandbox: Sandbox = {
  binds: [
    { from: "/usr", to: "/usr", writable: false, kind: "folder" },
    { from: "/root/.bot-bottle/state/it's mine/home", to: "/home/node", writable: true, kind: "folder" },
    { from: "/root/node", to: "/opt/bottle-dash/node", writable: false, kind: "file" },
  ],
  links: [{ path: "/bin", target: "usr/bin" }],
  masked: [
    { path: "/proc/keys", kind: "file" },
    { path: "/proc/pressure", kind: "folder" },
  ],
  groups: [],
  scratch: "/root/.bot-bottle/state/x/agent/scratch",
  seccomp: "/root/.bot-bottle/state/x/agent/seccomp.bpf",
};
const bubblewrap: Maker = {
  mechanism: "bubblewrap",
  bubblewrap: { modern: true },
  loader: undefined,
  dropTo: undefined,
};
const utilLinux: Maker = { ...bubblewrap, mechanism: "util-linux", loader: "perl" };
const inside = ["node", "entrypoint.js"];

function pairs(argv: readonly string[], flag: string): string[] {
  return argv.flatMap((word, index) => (word === flag ? [argv.slice(index + 1, index + 3).join(" ")] : []));
}

describe("bubblewrap's command", () => {
  const argv = sandboxCommand(sandbox, inside, bubblewrap);

  test("makes every namespace and gives up every right", () => {
    for (const name of ["user", "pid", "net", "ipc", "uts"]) expect(argv).toContain(`--unshare-${name}`);
    for (const word of ["--unshare-cgroup-try", "--die-with-parent", "--clearenv", "--disable-userns"])
      expect(argv).toContain(word);
    expect(argv.join(" ")).toContain("--cap-drop ALL");
    expect(argv).not.toContain("--new-session");
  });

  test("binds only what is named, read-only but the home", () => {
    expect(pairs(argv, "--bind")).toEqual(["/root/.bot-bottle/state/it's mine/home /home/node"]);
    expect(pairs(argv, "--ro-bind")).toEqual([
      "/usr /usr",
      "/proc/sys /proc/sys",
      "/dev/null /proc/keys",
      "/root/node /opt/bottle-dash/node",
    ]);
    expect(pairs(argv, "--dev-bind")).toEqual([]);
  });

  test("hands the system call filter over by a descriptor", () => {
    expect(argv[2]).toContain('exec 9<"$0"');
    expect(argv[3]).toBe(sandbox.seccomp);
    expect(argv.join(" ")).toContain("--seccomp 9");
  });

  test("leaves out what versions before 0.8 do not know", () => {
    const old = sandboxCommand(sandbox, inside, { ...bubblewrap, bubblewrap: { modern: false } });
    expect(old).not.toContain("--disable-userns");
    expect(old).not.toContain("--size");
  });

  test("joins its control groups first, or does not start", () => {
    const grouped = sandboxCommand({ ...sandbox, groups: ["/sys/fs/cgroup/it's"] }, inside, bubblewrap);
    expect(grouped[2]).toMatch(/^set -e; echo \$\$ > '\/sys\/fs\/cgroup\/it'\\''s\/cgroup\.procs'; exec 9</);
  });

  test("ends with the program", () => {
    expect(argv.slice(argv.lastIndexOf("--chdir") + 2)).toEqual(["--", ...inside]);
  });
});

describe("util-linux's command", () => {
  const argv = sandboxCommand(sandbox, inside, utilLinux);
  const script = argv[argv.indexOf("bottle") - 1] ?? "";

  test("makes every namespace and dies with its parent", () => {
    for (const name of ["user", "mount", "pid", "net", "ipc", "uts", "cgroup"]) expect(argv).toContain(`--${name}`);
    expect(argv).toContain("--kill-child=KILL");
    expect(argv[2]).toContain("--pdeathsig KILL");
  });

  test("forbids further user namespaces before it gives up its rights, and gives up all of them last", () => {
    expect(script.indexOf("max_user_namespaces")).toBeLessThan(script.indexOf("pivot_root"));
    expect(script.trimEnd().split("\n").at(-1)).toMatch(
      /^exec setpriv --no-new-privs --inh-caps=-all --ambient-caps=-all --bounding-set=-all env -i /,
    );
  });

  const lastLineFor = (loader: Maker["loader"]): string => {
    const words = sandboxCommand(sandbox, inside, { ...utilLinux, loader });
    return (words[words.indexOf("bottle") - 1] ?? "").trimEnd().split("\n").at(-1) ?? "";
  };

  test("leaves the operator's session keyring and loads the filter by perl, last of all", () => {
    expect(argv[2]).toContain('exec 9<"$0"');
    const [keyctl, prctl] = process.arch === "x64" ? [250, 157] : [219, 167];
    const line = lastLineFor("perl");
    expect(line).toContain(`syscall(${keyctl}, 1, 0)`);
    expect(line).toContain(`syscall(${prctl}, 22, 2, $program) == 0 or die`);
    expect(line.indexOf("--bounding-set=-all")).toBeLessThan(line.indexOf("perl -e"));
  });

  test("loads the filter by setpriv where there is no perl, and closes its descriptor", () => {
    expect(lastLineFor("setpriv")).toMatch(/--seccomp-filter \/proc\/self\/fd\/9 env -i .*'exec 9<&-; '/);
  });

  test("opens no filter that nothing can load", () => {
    expect(sandboxCommand(sandbox, inside, { ...utilLinux, loader: undefined })[2]).not.toContain("exec 9<");
    expect(lastLineFor(undefined)).not.toMatch(/perl|seccomp/);
  });

  test("quotes paths, whatever is in them", () => {
    expect(script).toContain(`mount --rbind '/root/.bot-bottle/state/it'\\''s mine/home' home/node`);
  });

  test("writes nothing but the home", () => {
    expect(script.match(/write=rw/g)).toHaveLength(1);
    expect(script).toContain("/home/node|/home/node/*) write=rw");
  });
});

describe("root on the host", () => {
  test.each([bubblewrap, utilLinux])("is dropped before the sandbox is made by %o", (maker) => {
    const argv = sandboxCommand(sandbox, inside, { ...maker, dropTo: 2_000_000_042 });
    const stage = argv.indexOf("unshare");
    expect(argv[stage + 1]).toBe("--mount");
    const script = argv[argv.indexOf("-c", stage) + 1] ?? "";
    expect(script).toContain(
      "exec setpriv --reuid 2000000042 --regid 2000000042 --clear-groups --inh-caps=-all --pdeathsig KILL",
    );
    expect(script).toContain("mount --rbind '/root/.bot-bottle/state/it'\\''s mine/home' 1");
    // From there on nothing is named by a path below root's closed folders.
    expect(argv.slice(argv.indexOf("bottle", stage)).join(" ")).not.toContain("/root/");
  });

  test("becomes a uid of the bottle's own: always the same, high, and different for different bottles", () => {
    expect(bottleUid("demo-abc12")).toBe(bottleUid("demo-abc12"));
    expect(bottleUid("demo-abc12")).not.toBe(bottleUid("demo-abc13"));
    for (const slug of ["a", "demo-abc12", "z".repeat(80)]) {
      expect(bottleUid(slug)).toBeGreaterThanOrEqual(2_000_000_000);
      expect(bottleUid(slug)).toBeLessThan(2 ** 31);
    }
  });
});

test("no value of an agent's environment has a way into the command", () => {
  for (const maker of [bubblewrap, utilLinux]) {
    const argv = sandboxCommand(sandbox, inside, maker);
    expect(argv.filter((word) => word === "--setenv")).toHaveLength(maker.mechanism === "bubblewrap" ? 2 : 0); // PATH and TERM
  }
});

test.each([
  ["plain-1.2/x", "plain-1.2/x"],
  ["", "''"],
  ["a b", "'a b'"],
  ["$(reboot)", "'$(reboot)'"],
  ["it's", `'it'\\''s'`],
  ["a\nb", "'a\nb'"],
])("quotes %j for the shell", (text, word) => {
  expect(quote(text)).toBe(word);
});
