// Git over HTTP as servers have it: git's own `http-backend` as a CGI program behind the test's upstream.

import { execFileSync, spawn } from "node:child_process";
import { join } from "node:path";

import type { TestUpstream } from "./upstream.ts";

/** Serves the repositories in `root` below `path`, fetch and push. */
export function serveGit(upstream: TestUpstream, path: string, root: string): void {
  const backend = join(execFileSync("git", ["--exec-path"], { encoding: "utf8" }).trim(), "git-http-backend");
  for (const part of ["/info/refs", "/git-upload-pack", "/git-receive-pack"]) {
    upstream.on(`early ${path}${part}`, (request, response) => {
      const [pathInfo, query = ""] = (request.url ?? "").split("?");
      const child = spawn(backend, [], {
        env: {
          PATH: process.env["PATH"] ?? "",
          GIT_PROJECT_ROOT: root,
          GIT_HTTP_EXPORT_ALL: "1",
          GIT_PROTOCOL: String(request.headers["git-protocol"] ?? ""),
          REQUEST_METHOD: request.method ?? "GET",
          PATH_INFO: pathInfo ?? "",
          QUERY_STRING: query,
          CONTENT_TYPE: request.headers["content-type"] ?? "",
          HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
          REMOTE_USER: "client",
        },
        stdio: ["pipe", "pipe", "ignore"],
      });
      request.pipe(child.stdin);
      child.stdin.on("error", () => {});
      const chunks: Buffer[] = [];
      child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
      child.on("close", () => {
        const all = Buffer.concat(chunks);
        const end = all.indexOf("\r\n\r\n");
        for (const line of all.subarray(0, end).toString("latin1").split("\r\n")) {
          const [name = "", value = ""] = line.split(": ", 2);
          if (name.toLowerCase() === "status") response.statusCode = Number(value.slice(0, 3));
          else response.setHeader(name, value);
        }
        response.end(all.subarray(end + 4));
      });
    });
  }
}
