// The demo's upstream: a server on a unix socket that plays the made-up hosts, as a process of its own that ends with the bottle.

import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";

import * as z from "zod";

import { BottleError } from "#domain/bottle-error.ts";
import { splitLines } from "#lib/lines.ts";
import { distFolder } from "#lib/programs.ts";

const Ready = z.strictObject({ socket: z.string(), ca_path: z.string() });
const READY_WITHIN_MS = 10_000;

export interface Upstream {
  /** Where it listens, absolute. */
  readonly socket: string;
  /** A PEM file with the root that its certificates chain to. */
  readonly caPath: string;
  /** Lets it live as long as whoever serves the socket `bundle`. */
  liveWith(bundle: string): void;
  /** For when there will be no bottle. */
  end(): void;
}

/** Throws `failed` when it does not come up. */
export async function startUpstream(): Promise<Upstream> {
  const program = join(distFolder(), "demo", "upstream.js");
  const child = spawn(process.execPath, [program], { detached: true, stdio: ["pipe", "pipe", "ignore"] });
  child.stdin.on("error", () => {}); // it is gone: the agent's requests will say so
  try {
    const { socket, ca_path: caPath } = await readReady(child, program);
    return {
      socket,
      caPath,
      liveWith(bundle) {
        child.stdin.end(`${JSON.stringify({ while: bundle })}\n`);
        child.stdout.destroy();
        child.unref();
      },
      end: () => void child.kill(),
    };
  } catch (error) {
    child.kill();
    throw error;
  }
}

function readReady(child: ChildProcess, where: string): Promise<z.infer<typeof Ready>> {
  return new Promise((resolve, reject) => {
    const fail = (what: string, cause?: unknown): void =>
      reject(new BottleError("failed", `the demo's upstream ${what}`, { where, cause }));
    const late = setTimeout(() => fail("did not come up in time"), READY_WITHIN_MS);
    const splitter = splitLines((line) => {
      clearTimeout(late);
      try {
        resolve(Ready.parse(JSON.parse(line)));
      } catch (error) {
        fail("said something unexpected", error);
      }
    });
    child.stdout?.on("data", (chunk: Buffer) => splitter.push(chunk));
    child.once("error", (error) => fail("cannot be started", error));
    child.once("exit", (code) => {
      clearTimeout(late);
      fail(`ended with ${code ?? "a signal"}`);
    });
  });
}
