// What an executable file is, by its first bytes: a program for this processor, a script, or neither.

export type Executable =
  | { readonly kind: "native"; readonly arch: string; readonly interpreter: string | undefined }
  | { readonly kind: "script"; readonly interpreter: string; readonly by: "path" | "name" }
  | { readonly kind: "other"; readonly what: string };

/** As many bytes of a file as `readExecutable` wants. */
export const HEAD_BYTES = 4096;

/** e_machine → the name that Node has for it. */
const MACHINES: Readonly<Record<number, string>> = {
  3: "ia32",
  8: "mips",
  21: "ppc64",
  22: "s390x",
  40: "arm",
  62: "x64",
  183: "arm64",
  243: "riscv64",
  258: "loong64",
};

export function readExecutable(head: Buffer): Executable {
  if (head.subarray(0, 4).equals(Buffer.from("\x7fELF", "latin1"))) return readElf(head);
  if (head.subarray(0, 2).toString("latin1") === "#!") return readShebang(head);
  return { kind: "other", what: otherWhat(head) };
}

function otherWhat(head: Buffer): string {
  if (head.length < 4) return "it is empty";
  const magic = head.readUInt32BE(0);
  const mach = [0xfe_ed_fa_ce, 0xfe_ed_fa_cf, 0xce_fa_ed_fe, 0xcf_fa_ed_fe, 0xca_fe_ba_be];
  if (mach.includes(magic)) return "it is a program for macOS";
  if (head.subarray(0, 2).toString("latin1") === "MZ") return "it is a program for Windows";
  return "it is neither a program nor a script with a `#!` line";
}

/** `#!/usr/bin/env -S node --flag` → node, by its name. */
function readShebang(head: Buffer): Executable {
  const line = /^#!\s*([^\r\n]*)/.exec(head.toString("utf8"))?.[1] ?? "";
  const [interpreter = "", ...rest] = line.trim().split(/\s+/);
  if (!interpreter.endsWith("/env")) return { kind: "script", interpreter, by: "path" };
  const name = rest.find((word) => !word.startsWith("-") && !word.includes("=")) ?? "";
  return { kind: "script", interpreter: name, by: name.startsWith("/") ? "path" : "name" };
}

const PT_INTERP = 3;

function readElf(head: Buffer): Executable {
  const little = head[5] === 1;
  const wide = head[4] === 2;
  const u16 = (at: number): number => (little ? head.readUInt16LE(at) : head.readUInt16BE(at));
  const u32 = (at: number): number => (little ? head.readUInt32LE(at) : head.readUInt32BE(at));
  /** Addresses in a file of ours fit into the first half of one. */
  const word = (at: number): number => (wide ? (little ? u32(at) : u32(at + 4)) : u32(at));
  try {
    const arch = MACHINES[u16(18)] ?? `machine ${u16(18)}`;
    const table = word(wide ? 32 : 28);
    const [size, count] = [u16(wide ? 54 : 42), u16(wide ? 56 : 44)];
    for (let at = table; at < table + size * count; at += size) {
      if (u32(at) !== PT_INTERP) continue;
      const [from, length] = [word(at + (wide ? 8 : 4)), word(at + (wide ? 32 : 16))];
      const text = head
        .subarray(from, from + length)
        .toString("utf8")
        .replaceAll("\0", "");
      return { kind: "native", arch, interpreter: text === "" ? undefined : text };
    }
    return { kind: "native", arch, interpreter: undefined };
  } catch {
    return { kind: "other", what: "it is a program whose beginning cannot be read" };
  }
}
