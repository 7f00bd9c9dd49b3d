// What must not be reachable over a network, and the one way out that must be.

import { readFileSync } from "node:fs";
import { get } from "node:http";

import { INSIDE, type BootTries } from "#domain/boot/protocol.ts";

import { nothingOf, type Attempt, type Finding } from "./attempt.ts";
import { allUnreached, bottleNetworkAttempts, gatewaysOf, interfaceNames, isNeighbour } from "./bottle-network.ts";
import { isWithoutRoute, tryAll, tryConnect, trySend, type Target } from "./connecting.ts";
import { noNames } from "./names.ts";

const PATIENCE_MS = 1500;
/** The one thing that must answer: on a busy machine it may take its time, and no wall is the weaker for waiting. */
const PROXY_PATIENCE_MS = 15_000;
/**
 * On a network the kernel asks around for up to three seconds before it says that nobody is there, and on a busy machine that
 * takes its time. Silence refuses the launch, so waiting for the answer gives nothing away.
 */
const PATIENCE_ON_NETWORK_MS = 15_000;
/** Here silence is what is hoped for. */
const PATIENCE_WITH_NAMES_MS = 4000;
/** Reserved for documentation, and the clouds' metadata service: no third party is bothered when a wall is missing. */
const OUTSIDE = ["192.0.2.1", "198.51.100.1", "169.254.169.254", "2001:db8::1"];

export function networkAttempts(tries: BootTries): Attempt[] {
  const internal = tries.network === "internal";
  const patienceMs = internal ? PATIENCE_ON_NETWORK_MS : PATIENCE_MS;
  return [
    ...(internal ? bottleNetworkAttempts(tries, patienceMs) : [noNetwork]),
    { name: "no route to an address outside", required: true, try: () => noWayOut(internal, patienceMs) },
    {
      name: "no names are resolved",
      required: true,
      try: () => noNames(tries.resolvers, Math.min(patienceMs, PATIENCE_WITH_NAMES_MS)),
    },
    { name: "the host's addresses are out of reach", required: true, try: () => hostOutOfReach(tries, patienceMs) },
    { name: "the egress proxy answers", required: true, try: proxyAnswers },
  ];
}

const noNetwork: Attempt = {
  name: "no network but loopback",
  required: true,
  try: () => onlyLoopback(readFileSync("/proc/net/dev", "utf8")),
};

/** From the text of /proc/net/dev. */
export function onlyLoopback(text: string): Finding {
  const names = interfaceNames(text);
  if (!names.includes("lo")) return { ok: false, evidence: "loopback itself is missing" };
  return nothingOf(
    names.filter((name) => name !== "lo"),
    "only lo",
    "also there",
  );
}

/**
 * Refused at once, since there is no route; silence would mean that something went out. On a network a datagram is taken
 * all the same, and nobody says that it was thrown away: then it counts that no gateway has ever told its address.
 */
async function noWayOut(internal: boolean, patienceMs: number): Promise<Finding> {
  const results = await Promise.all([
    ...OUTSIDE.map(async (host) => ({
      what: `tcp ${host}:443`,
      result: await tryConnect({ host, port: 443 }, patienceMs),
    })),
    ...OUTSIDE.map(async (host) => ({ what: `udp ${host}:53`, result: await trySend(host) })),
  ]);
  const gateways = internal ? gatewaysOf(readFileSync("/proc/net/route", "utf8")) : [];
  const present = gateways.filter((host) => isNeighbour(readFileSync("/proc/net/arp", "utf8"), host));
  const lost = gateways.length > 0 && present.length === 0;
  const open = results.filter(({ result }) => !isWithoutRoute(result) && !(result === "sent" && lost));
  return nothingOf(
    open.map(({ what, result }) => `${what} ${result}`),
    `${OUTSIDE.join(", ")}: no route${lost ? `, and nobody is at the gateway ${gateways.join(", ")}` : ""}`,
    "not refused",
  );
}

/** The launcher really listens there, so that a refusal proves a wall and not an idle port. */
async function hostOutOfReach({ listening, abstract, network }: BootTries, patienceMs: number): Promise<Finding> {
  const targets: Target[] = [
    ...listening.map(({ host, port }) => ({ what: `${host}:${port}`, to: { host, port } })),
    ...(abstract === null ? [] : [{ what: "an abstract socket", to: { path: `\0${abstract}` } }]),
  ];
  if (targets.length === 0) return { ok: false, evidence: "the launcher named no address to try" };
  if (network === "internal") return allUnreached(targets, patienceMs);
  const results = await tryAll(targets, patienceMs);
  const open = results.filter(({ result }) => result === "connected" || result === "timeout");
  return nothingOf(
    open.map(({ what, result }) => `${what} ${result}`),
    results.map(({ what, result }) => `${what} ${result}`).join(", "),
    "reached",
  );
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
        timeout: PROXY_PATIENCE_MS,
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
