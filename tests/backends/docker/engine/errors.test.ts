import { describe, expect, test } from "vitest";

import { engineError, statusOf } from "#backends/docker/engine/errors.ts";
import { BottleError } from "#domain/bottle-error.ts";

const socket = { kind: "unix", path: "/run/docker.sock" } as const;
const shown = (cause: unknown): BottleError => engineError(cause, "start the container", socket, "local");
const errno = (code: string): Error => Object.assign(new Error(`connect ${code}`), { code });
const refused = (statusCode: number, message: string): Error =>
  Object.assign(new Error(`(HTTP code ${statusCode}) unexpected - ${message} `), { statusCode, json: { message } });

describe("an error of the engine's library", () => {
  test.each([
    ["EACCES", /is not open to you.*group docker/],
    ["ENOENT", /there is no Docker daemon.*install Docker/],
    ["ECONNREFUSED", /is down; start it: `sudo systemctl start docker`/],
    ["ECONNRESET", /is down/],
    ["CERT_HAS_EXPIRED", /is not trusted/],
  ])("%s says what to do", (code, message) => {
    expect(shown(errno(code))).toMatchObject({
      code: "unavailable",
      message: expect.stringMatching(message) as string,
    });
  });

  test("that timed out says so", () => {
    expect(shown(new DOMException("late", "TimeoutError")).message).toContain("does not answer");
  });

  test.each([
    [404, "not-found"],
    [409, "conflict"],
    [500, "failed"],
  ])("of the daemon's (%i) has the daemon's own words and what was tried", (status, code) => {
    const error = shown(refused(status, "no such\nthing"));
    expect(error).toMatchObject({ code, message: "docker: cannot start the container: no such thing" });
    expect(statusOf(error)).toBe(status);
  });

  test("that is one of ours already stays as it is", () => {
    const ours = new BottleError("invalid", "mine");
    expect(shown(ours)).toBe(ours);
  });

  test("names the host where there are several", () => {
    expect(engineError(refused(500, "x"), "look", socket, "lab").where).toBe("docker:lab");
  });
});
