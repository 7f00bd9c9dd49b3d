// What dockerode throws, as errors that say what went wrong with which daemon and what to do.

import { BottleError } from "#domain/bottle-error.ts";

import { endpointName, type Endpoint } from "./endpoint.ts";

/** `what` was tried: "start the container". An error that is one of ours already stays as it is. */
export function engineError(cause: unknown, what: string, endpoint: Endpoint, host: string): BottleError {
  if (cause instanceof BottleError) return cause;
  const unreachable = whyUnreachable(cause, endpoint);
  const where = host === "local" ? "docker" : `docker:${host}`;
  if (unreachable !== undefined) {
    return new BottleError("unavailable", unreachable.why, { where, hint: unreachable.hint, cause });
  }
  const status = statusOf(cause);
  const code = status === 404 ? "not-found" : status === 409 ? "conflict" : "failed";
  return new BottleError(code, `cannot ${what}: ${reasonOf(cause)}`, { where, cause });
}

/** The HTTP status with which the daemon refused, when it did. */
export function statusOf(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  if ("statusCode" in error && typeof error.statusCode === "number") return error.statusCode;
  return "cause" in error ? statusOf(error.cause) : undefined;
}

/** The daemon's own words, on one line. */
export function reasonOf(error: unknown): string {
  const said = messageIn(error) ?? (error instanceof Error ? error.message : String(error));
  return said.replace(/\s+/g, " ").trim();
}

function messageIn(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("json" in error)) return undefined;
  const { json } = error;
  if (typeof json !== "object" || json === null || !("message" in json)) return undefined;
  return typeof json.message === "string" ? json.message : undefined;
}

interface Unreachable {
  readonly why: string;
  readonly hint: string;
}

function whyUnreachable(error: unknown, endpoint: Endpoint): Unreachable | undefined {
  const name = endpointName(endpoint);
  if (!(error instanceof Error)) return undefined;
  if (error.name === "TimeoutError" || error.name === "AbortError") {
    return { why: `the Docker daemon at ${name} does not answer`, hint: "see whether it hangs: `docker info`" };
  }
  if (endpoint.kind === "ssh" && error.message.startsWith("ssh: ")) {
    return { why: `the Docker daemon at ${name} is not reached (${error.message})`, hint: "try `ssh` by hand" };
  }
  switch ("code" in error ? error.code : undefined) {
    case "EACCES":
    case "EPERM":
      return {
        why: `${name} is not open to you`,
        hint: "add yourself to the group docker (`sudo usermod -aG docker $USER`) and log in again",
      };
    case "ENOENT":
      return {
        why: `there is no Docker daemon at ${name}`,
        hint: "install Docker (`apt-get install docker.io`, or docs.docker.com/engine/install) and start it, or set DOCKER_HOST",
      };
    case "ECONNREFUSED":
    case "ECONNRESET":
    case "EPIPE":
      return {
        why: `the Docker daemon at ${name} is down`,
        hint: endpoint.kind === "unix" ? "start it: `sudo systemctl start docker`" : "start it there",
      };
    case "ENOTFOUND":
    case "EAI_AGAIN":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
    case "ETIMEDOUT":
      return { why: `the Docker daemon at ${name} is not reached (${error.message})`, hint: "see the address" };
    default:
      return isTls(error)
        ? {
            why: `the Docker daemon at ${name} is not trusted (${error.message})`,
            hint: "see DOCKER_CERT_PATH and DOCKER_TLS_VERIFY, or the context's certificates",
          }
        : undefined;
  }
}

function isTls(error: Error): boolean {
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return /^(ERR_(SSL|TLS)|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|EPROTO)/.test(code);
}
