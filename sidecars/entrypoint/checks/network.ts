// What must not be reachable over a network, and the one way out that must be.

import { createSocket } from "node:dgram";
import { lookup, Resolver } from "node:dns/promises";
import { readFileSync } from "node:fs";
import { get } from "node:http";
import { connect, type NetConnectOpts } from "node:net";

import { INSIDE, type BootTries } from "#domain/boot/protocol.ts";

import { nothingOf, type Attempt, type Finding } from "./attempt.ts";

const PATIENCE_MS = 1500;
/** Reserved for documentation, and the clouds' metadata service: no third party is bothered when a wall is missing. */
const OUTSIDE = ["192.0.2.1", "198.51.100.1", "169.254.169.254", "2001:db8::1"];
const NAME = "example.com";

export function networkAttempts(tries: BootTries): Attempt[] {
  return [
    { name: "no network but loopback", required: true, try: () => onlyLoopback(readFileSync("/proc/net/dev", "utf8")) },
    { name: "no route to an address outside", required: true, try: noWayOut },
    { name: "no names are resolved", required: true, try: noNames },
    { name: "the host's addresses are out of reach", required: true, try: () => hostOutOfReach(tries) },
    { name: "the egress proxy answers", required: true, try: proxyAnswers },
  ];
}

/** From the text of /proc/net/dev. */
export function onlyLoopback(text: string): Finding {
  const names = text
    .split("\n")
    .slice(2)
    .flatMap((line) => line.split(":")[0]?.trim() || []);
  if (!names.includes("lo")) return { ok: false, evidence: "loopback itself is missing" };
  return nothingOf(
    names.filter((name) => name !== "lo"),
    "only lo",
    "also there",
  );
}

/** Refused at once, since there is no route; silence would mean that something went out. */
async function noWayOut(): Promise<Finding> {
  const results = await Promise.all([
    ...OUTSIDE.map(async (host) => ({ what: `tcp ${host}:443`, result: await tryConnect({ host, port: 443 }) })),
    ...OUTSIDE.map(async (host) => ({ what: `udp ${host}:53`, result: await trySend(host) })),
  ]);
  const open = results.filter(({ result }) => !NO_ROUTE.has(result));
  return nothingOf(
    open.map(({ what, result }) => `${what} ${result}`),
    `${OUTSIDE.join(", ")}: no route`,
    "not refused",
  );
}

const NO_ROUTE = new Set(["ENETUNREACH", "EADDRNOTAVAIL", "EHOSTUNREACH", "EAFNOSUPPORT", "EACCES", "EPERM"]);

async function noNames(): Promise<Finding> {
  const resolver = new Resolver({ timeout: 500, tries: 1 });
  resolver.setServers(["192.0.2.53"]);
  const found = await Promise.all([
    answered(lookup(NAME), "the system's resolver"),
    answered(resolver.resolve4(NAME), "a name server outside"),
  ]);
  return nothingOf(found.flat(), `${NAME}: no answer from the system's resolver or a name server outside`, "answered");
}

async function answered(question: Promise<unknown>, who: string): Promise<string[]> {
  return question.then(
    () => [who],
    () => [],
  );
}

/** The launcher really listens there, so that a refusal proves a wall and not an idle port. */
async function hostOutOfReach({ listening, abstract }: BootTries): Promise<Finding> {
  const tries = [
    ...listening.map(({ host, port }) => ({ what: `${host}:${port}`, target: { host, port } })),
    ...(abstract === null ? [] : [{ what: "an abstract socket", target: { path: `\0${abstract}` } }]),
  ];
  const results = await Promise.all(
    tries.map(async ({ what, target }) => ({ what, result: await tryConnect(target) })),
  );
  if (results.length === 0) return { ok: false, evidence: "the launcher named no address to try" };
  const open = results.filter(({ result }) => result === "connected" || result === "timeout");
  return nothingOf(
    open.map(({ what, result }) => `${what} ${result}`),
    results.map(({ what, result }) => `${what} ${result}`).join(", "),
    "reached",
  );
}

/** "connected", "timeout" or the error's code. */
function tryConnect(to: NetConnectOpts): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(to);
    const done = (result: string): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    const timer = setTimeout(() => done("timeout"), PATIENCE_MS);
    socket.once("connect", () => done("connected"));
    socket.once("error", (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
  });
}

function trySend(host: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
    const done = (result: string): void => {
      socket.close();
      resolve(result);
    };
    socket.once("error", (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    socket.send("", 53, host, (error: NodeJS.ErrnoException | null) =>
      done(error === null ? "sent" : (error.code ?? error.message)),
    );
  });
}

function proxyAnswers(): Promise<Finding> {
  const { host, port } = INSIDE.egress;
  return new Promise((resolve) => {
    const request = get(
      {
        host,
        port,
        path: "http://_egress.local/allowlist",
        headers: { host: "_egress.local" },
        timeout: PATIENCE_MS,
        agent: false,
      },
      (response) => {
        response.resume();
        const status = response.statusCode ?? 0;
        resolve({ ok: status === 200, evidence: `http://_egress.local/allowlist by ${host}:${port}: ${status}` });
      },
    );
    request.once("timeout", () => request.destroy(new Error("no answer in time")));
    request.once("error", (error) => resolve({ ok: false, evidence: `${host}:${port}: ${error.message}` }));
  });
}
