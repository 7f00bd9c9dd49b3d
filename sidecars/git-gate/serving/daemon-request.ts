// The one line with which a client of the git protocol begins: `git-upload-pack /name.git\0host=…\0\0version=2\0`.

import type { Service } from "./http-request.ts";
import { pktLength } from "./pkt-line.ts";

export type DaemonReading =
  | { readonly kind: "more" }
  | { readonly kind: "refuse"; readonly message: string }
  | {
      readonly kind: "ask";
      readonly service: Service;
      readonly repo: string;
      readonly protocol: string | undefined;
      /** What came behind it. */
      readonly rest: Buffer;
    };

/** git's own daemon takes no more. */
const MOST_LINE = 4096;
const COMMAND = /^(git-[a-z-]+) \/?([A-Za-z0-9._-]+)\.git\/?$/;

/** `soFar`: everything that the client has sent. */
export function readDaemonRequest(soFar: Buffer, repos: ReadonlySet<string>): DaemonReading {
  if (soFar.length < 4) return /^[0-9a-fA-F]*$/.test(soFar.toString("latin1")) ? { kind: "more" } : bad;
  const length = pktLength(soFar.toString("latin1", 0, 4));
  if (length.kind !== "line" || length.length > MOST_LINE || length.length === 4) return bad;
  if (soFar.length < length.length) return { kind: "more" };
  const [command = "", , ...extras] = soFar.toString("latin1", 4, length.length).split("\0");
  const [, service, repo] = COMMAND.exec(command.replace(/\n$/, "")) ?? [];
  if (service === undefined) return refuse("there is no such repository");
  if (service !== "git-upload-pack" && service !== "git-receive-pack") return refuse(`${service} is not served`);
  if (repo === undefined || !repos.has(repo)) return refuse("there is no such repository");
  const protocol = extras.find((extra) => /^version=[012]$/.test(extra));
  return { kind: "ask", service, repo, protocol, rest: soFar.subarray(length.length) };
}

const bad: DaemonReading = refuse("this is the git protocol; it begins with a pkt-line");

function refuse(message: string): DaemonReading & { kind: "refuse" } {
  return { kind: "refuse", message };
}
