import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { readHttpRequest, MOST_READ_REQUEST, type HttpHead } from "#sidecars/git-gate/serving/http-request.ts";

const REPOS = new Set(["demo", "a.b_c-d", "..x"]);
const read = (head: Partial<HttpHead>) =>
  readHttpRequest({ method: "GET", url: "/", headers: {}, ...head }, REPOS, { maxPackBytes: 1000 });
const push = (headers: HttpHead["headers"], service = "receive-pack") =>
  read({
    method: "POST",
    url: `/demo.git/git-${service}`,
    headers: { "content-type": `application/x-git-${service}-request`, ...headers },
  });

describe("a request to the git gate", () => {
  it.for(["demo", "a.b_c-d", "..x"])("for the refs of %s is one to advertise them", (repo) => {
    expect(read({ url: `/${repo}.git/info/refs?service=git-upload-pack` })).toEqual({
      kind: "advertise",
      repo,
      service: "git-upload-pack",
      protocol: undefined,
    });
  });

  it("says which version of the protocol it speaks, and nothing else is handed on", () => {
    const url = "/demo.git/info/refs?service=git-receive-pack";
    expect(read({ url, headers: { "git-protocol": "version=2" } })).toMatchObject({ protocol: "version=2" });
    for (const other of ["version=3", "version=2:x", "version=2\n", "", ["version=2"]]) {
      expect(read({ url, headers: { "git-protocol": other } })).toMatchObject({ protocol: undefined });
    }
  });

  it("with a body says its length, or that it comes in chunks, and whether it is packed", () => {
    expect(push({ "content-length": "10" })).toMatchObject({ kind: "rpc", length: 10, gzip: false });
    expect(push({ "transfer-encoding": "chunked" })).toMatchObject({ kind: "rpc", length: undefined });
    expect(push({ "content-length": "10", "content-encoding": "gzip" })).toMatchObject({ gzip: true });
    expect(push({ "content-length": "10", "content-encoding": "x-gzip" })).toMatchObject({ gzip: true });
  });

  it.for([
    [{}, 411],
    [{ "content-length": "1000" }, undefined],
    [{ "content-length": "1001" }, 413],
    [{ "content-length": "-1" }, 400],
    [{ "content-length": "1e3" }, 400],
    [{ "content-length": "0x10" }, 400],
    [{ "content-length": " 1" }, 400],
    [{ "content-length": "9".repeat(16) }, 400],
    [{ "content-length": "1", "transfer-encoding": "chunked" }, 400],
    [{ "transfer-encoding": "gzip, chunked" }, 501],
    [{ "content-length": "1", "content-encoding": "deflate" }, 415],
    [{ "content-length": "1", "content-type": "text/plain" }, 415],
  ] as const)("with %o is answered with %s", ([headers, status]) => {
    const ask = push(headers);
    expect(ask.kind === "refuse" ? ask.status : undefined).toBe(status);
  });

  it("to read may say more than the largest pack, up to a limit of its own", () => {
    expect(push({ "content-length": String(MOST_READ_REQUEST) }, "upload-pack")).toMatchObject({ kind: "rpc" });
    expect(push({ "content-length": String(MOST_READ_REQUEST + 1) }, "upload-pack")).toMatchObject({ status: 413 });
  });

  it("never names a repository that there is not, nor a path beside the four, whatever it is", () => {
    const piece = fc.constantFrom(
      "demo",
      ".git",
      "/",
      "..",
      "%2e",
      "info/refs",
      "git-upload-pack",
      "\\",
      "\0",
      "?",
      "#",
      "//",
      "x",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), fc.constantFrom("GET", "POST"), (pieces, method) => {
        const path = `/${pieces.join("")}`;
        const ask = read({ method, url: `${path}?service=git-upload-pack` });
        if (ask.kind === "refuse") return;
        expect(path.split("?")[0]).toMatch(/^\/demo\.git\/(info\/refs|git-upload-pack)$/);
      }),
    );
  });
});
