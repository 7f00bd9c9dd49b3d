// What an HTTP request asks of the gate: one of git's four requests for a repository that there is, or a refusal.

export type Service = "git-upload-pack" | "git-receive-pack";

export type HttpAsk =
  | {
      readonly kind: "advertise";
      readonly repo: string;
      readonly service: Service;
      readonly protocol: string | undefined;
    }
  | {
      readonly kind: "rpc";
      readonly repo: string;
      readonly service: Service;
      readonly protocol: string | undefined;
      /** As sent; undefined when the body comes in chunks. */
      readonly length: number | undefined;
      readonly gzip: boolean;
    }
  | { readonly kind: "refuse"; readonly status: number; readonly message: string; readonly allow?: string };

export interface HttpHead {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface HttpLimits {
  readonly maxPackBytes: number;
}

/** Wants and haves; http-backend holds them in memory. */
export const MOST_READ_REQUEST = 10_000_000;

const SERVICES = new Set<string>(["git-upload-pack", "git-receive-pack"]);
/** Names are plain, so that no path needs an escape; one that has any is none of ours. */
const PATH = /^\/([A-Za-z0-9._-]+)\.git\/(info\/refs|git-upload-pack|git-receive-pack)$/;

export function readHttpRequest(head: HttpHead, repos: ReadonlySet<string>, limits: HttpLimits): HttpAsk {
  const { method, url, headers } = head;
  const [path = "", ...queries] = url.split("?");
  const [, repo, rest] = PATH.exec(path) ?? [];
  if (repo === undefined || rest === undefined || !repos.has(repo)) return refuse(404, "there is no such repository");
  const protocol = protocolOf(headers["git-protocol"]);
  if (rest === "info/refs") {
    if (method !== "GET") return { ...refuse(405, "only GET"), allow: "GET" };
    const service = new URLSearchParams(queries.join("?")).getAll("service");
    if (service.length !== 1 || !isService(service[0])) return refuse(403, "only git's smart protocol is served");
    return { kind: "advertise", repo, service: service[0], protocol };
  }
  if (method !== "POST") return { ...refuse(405, "only POST"), allow: "POST" };
  return readRpc(repo, rest as Service, headers, limits, protocol);
}

function readRpc(
  repo: string,
  service: Service,
  headers: HttpHead["headers"],
  { maxPackBytes }: HttpLimits,
  protocol: string | undefined,
): HttpAsk {
  if (headers["content-type"] !== `application/x-${service}-request`) {
    return refuse(415, `the body of ${service} is application/x-${service}-request`);
  }
  const encoding = headers["content-encoding"] ?? "identity";
  const gzip = encoding === "gzip" || encoding === "x-gzip";
  if (!gzip && encoding !== "identity") return refuse(415, "a body is plain or gzip");
  const stated = headers["content-length"];
  const transfer = headers["transfer-encoding"];
  if (transfer !== undefined && transfer !== "chunked") return refuse(501, "a body comes whole or in chunks");
  if (stated === undefined && transfer === undefined) return refuse(411, "the body has no length");
  if (stated !== undefined && transfer !== undefined) return refuse(400, "the body has a length and comes in chunks");
  const length = stated === undefined ? undefined : readLength(stated);
  if (length === "bad") return refuse(400, "the length of the body is no number");
  const most = mostBodyBytes(service, maxPackBytes);
  if (length !== undefined && length > most) return refuse(413, tooLarge(most));
  return { kind: "rpc", repo, service, protocol, length, gzip };
}

export function mostBodyBytes(service: Service, maxPackBytes: number): number {
  return service === "git-receive-pack" ? maxPackBytes : MOST_READ_REQUEST;
}

export function tooLarge(most: number): string {
  return `a body has at most ${most} bytes here`;
}

function readLength(stated: string | string[]): number | "bad" {
  if (typeof stated !== "string" || !/^\d{1,15}$/.test(stated)) return "bad";
  return Number(stated);
}

/** Git sends `version=2`; whatever else stands there is not handed on. */
function protocolOf(header: string | string[] | undefined): string | undefined {
  return typeof header === "string" && /^version=[012]$/.test(header) ? header : undefined;
}

function isService(name: string | undefined): name is Service {
  return name !== undefined && SERVICES.has(name);
}

function refuse(status: number, message: string): HttpAsk & { kind: "refuse" } {
  return { kind: "refuse", status, message };
}
