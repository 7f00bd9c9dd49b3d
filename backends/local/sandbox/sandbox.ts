// What a bottle's file system and limits are, whichever program makes them so.

export const MECHANISMS = ["bubblewrap", "util-linux"] as const;
export type Mechanism = (typeof MECHANISMS)[number];

export interface Bind {
  /** Absolute, on the host. */
  readonly from: string;
  /** Absolute, inside. */
  readonly to: string;
  readonly writable: boolean;
  readonly kind: "folder" | "file";
}

export interface Sandbox {
  /** Parents before children. */
  readonly binds: readonly Bind[];
  /** Symbolic links inside: `/bin` → `usr/bin`. */
  readonly links: readonly { readonly path: string; readonly target: string }[];
  /** Files of /proc that are covered, and folders of it that become read-only. */
  readonly masked: readonly { readonly path: string; readonly kind: "folder" | "file" }[];
  /** Control groups of the host that it joins before anything of it runs. */
  readonly groups: readonly string[];
  /** An empty folder of the host over which a private file system may be mounted. */
  readonly scratch: string;
  /** A file with the system call filter; empty where nothing can load it. */
  readonly seccomp: string;
}

/** The descriptor on which the system call filter is handed over. */
export const SECCOMP_FD = 9;

/** The user inside, `node`. */
export const INSIDE_UID = 1000;

export const TMP_BYTES = 1_073_741_824;
export const SHM_BYTES = 268_435_456;
export const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
