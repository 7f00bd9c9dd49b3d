// The launcher's end of the boot conversation: a socket for exactly one connection, the entrypoint's.

import { createServer, type Socket } from "node:net";
import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { BottleError } from "#domain/bottle-error.ts";
import { BootReport, type BootOrderInput, type BootTriesInput } from "#domain/boot/protocol.ts";
import type { IsolationCheck } from "#domain/fleet/isolation.ts";
import { plainLine } from "#domain/plain-text.ts";
import { jsonSocket } from "#lib/json-socket.ts";
import { listenUnix } from "#lib/unix-socket.ts";

export interface BootServer {
  /** What the entrypoint found. Rejects when it leaves before. */
  readonly proof: Promise<IsolationCheck[]>;
  /** Starts the agent; resolves with its pid inside. */
  go(order: BootOrderInput): Promise<number>;
  /** Ends the conversation, and with it a bottle that has not got its order. Leaves no file. */
  close(): Promise<void>;
}

/** Listens in `folder`, which is bound into the bottle. */
export async function listenBoot(folder: string, tries: BootTriesInput): Promise<BootServer> {
  const reports = reportQueue();
  const proof = reports.next("proof").then(({ checks }) => checks.map(plain));
  proof.catch(() => {}); // a launch that fails earlier never asks for it
  let connection: Socket | undefined;
  let send: (order: BootOrderInput) => void = () => {};
  const server = createServer((socket) => {
    server.close(); // one connection, ever
    if (connection !== undefined) return void socket.destroy();
    connection = socket;
    const json = jsonSocket<typeof BootReport, BootOrderInput>(socket, BootReport, {
      message: reports.push,
      bad: (reason) => reports.fail(new BottleError("failed", reason, { where: "the entrypoint's report" })),
      closed: () =>
        reports.fail(new BottleError("failed", "the bottle ended before its agent was started", { where: "boot" })),
    });
    send = json.send;
  });
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o755); // the bottle's user is another one; the folder above is closed
  await writeFile(join(folder, "tries.json"), JSON.stringify(tries), { mode: 0o644 });
  await listenUnix(server, join(folder, "boot.sock"), 0o666);
  return {
    proof,
    async go(order) {
      const started = reports.next("started");
      send(order);
      return (await started).pid;
    },
    async close() {
      server.close();
      connection?.destroy();
      await rm(join(folder, "boot.sock"), { force: true });
      await rm(join(folder, "tries.json"), { force: true });
    },
  };
}

/** It is shown on terminals, and whoever made the image may have written it. */
function plain({ name, evidence, ...check }: IsolationCheck): IsolationCheck {
  return { name: plainLine(name), evidence: plainLine(evidence), ...check };
}

interface ReportQueue {
  push(report: BootReport): void;
  fail(error: Error): void;
  /** The next report, which must be of `type`. */
  next<Type extends BootReport["type"]>(type: Type): Promise<Extract<BootReport, { type: Type }>>;
}

function reportQueue(): ReportQueue {
  let waiting = Promise.withResolvers<BootReport>();
  waiting.promise.catch(() => {}); // it may end while nobody waits
  let failed: Error | undefined;
  return {
    push: (report) => waiting.resolve(report),
    fail(error) {
      failed ??= error;
      waiting.reject(error);
    },
    async next(type) {
      const report = await waiting.promise;
      waiting = Promise.withResolvers();
      waiting.promise.catch(() => {});
      if (failed !== undefined) waiting.reject(failed);
      if (report.type === type) return report as Extract<BootReport, { type: typeof type }>;
      const said = report.type === "failed" ? plainLine(report.message) : `reported ${report.type} instead of ${type}`;
      throw new BottleError("failed", said, { where: "the agent" });
    },
  };
}
