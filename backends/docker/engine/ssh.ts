// Connections to a daemon behind ssh, as the docker command makes them: `ssh <host> docker system dial-stdio`, whose
// standard input and output are the connection. The operator's own ssh does it, with its configuration, keys and agent.

import { spawn } from "node:child_process";
import { Duplex } from "node:stream";

/** What ssh said last is the reason in the error of a connection that failed. */
export function dialBySsh(url: string): Duplex {
  const child = spawn("ssh", sshArguments(url), { stdio: ["pipe", "pipe", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said = `${said}${chunk.toString()}`.slice(-2000);
  });
  const failed = (why: string): Error => {
    const last = said.trim().split("\n").at(-1);
    return new Error(`ssh: ${last === undefined || last === "" ? why : last}`);
  };
  const connection = new SocketLike({
    read: () => void child.stdout.resume(),
    // That ssh reads no more is told by its end, with why.
    write: (chunk: Buffer, _encoding, done) => void child.stdin.write(chunk, () => done()),
    final: (done) => void child.stdin.end(() => done()),
    destroy(error, done) {
      child.kill();
      done(error);
    },
  });
  child.stdout.on("data", (chunk: Buffer) => {
    if (!connection.push(chunk)) child.stdout.pause();
  });
  child.stdout.on("error", () => {}); // `exit` tells
  child.stdin.on("error", () => {});
  child.once("error", (error) => connection.destroy(failed(error.message)));
  child.once("close", (code) => {
    if (code === 0) connection.push(null);
    else connection.destroy(failed(`ended with ${code}`));
  });
  return connection;
}

export function sshArguments(url: string): string[] {
  const { hostname, port, username } = new URL(url);
  return [
    "-T",
    "-oBatchMode=yes", // nobody is there to answer a question
    "-oConnectTimeout=10",
    "-oServerAliveInterval=15", // a peer that went away without a word is found out
    "-oServerAliveCountMax=3",
    ...(username === "" ? [] : ["-l", decodeURIComponent(username)]),
    ...(port === "" ? [] : ["-p", port]),
    "--",
    hostname,
    "docker system dial-stdio",
  ];
}

/** node:http calls these of a socket. */
class SocketLike extends Duplex {
  setTimeout(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}
