// The two networks of a bottle: an internal one, on which the host has no address, and one by which the sidecars get out.

import { randomInt } from "node:crypto";

import type Dockerode from "dockerode";

import { BottleError } from "#domain/bottle-error.ts";

import { labels, namesOf } from "../names.ts";
import { statusOf } from "../engine/errors.ts";
import { asBottleError, engineError } from "./engine-error.ts";
import { addressIn, freeSubnets, parseSubnet, subnetText, type Subnet } from "./subnets.ts";
import { takenSubnets } from "./taken-subnets.ts";

export interface BottleNetworks {
  readonly internal: Network;
  readonly egress: Network;
}

export interface Network {
  readonly id: string;
  readonly name: string;
  readonly subnet: Subnet;
}

/** Which address of a bottle's subnet is whose. */
export const PLACE = { gateway: 1, sidecars: 2, agent: 3, otherAgent: 4 } as const;

/** For tests, which leave out what closes a network. */
export type AlterNetwork = (options: Dockerode.NetworkCreateOptions) => Dockerode.NetworkCreateOptions;

const ATTEMPTS = 20;

/** Both at once; when one fails, the other may have been made. */
export async function makeNetworks(
  docker: Dockerode,
  of: { root: string; slug: string },
  alter: AlterNetwork = (options) => options,
): Promise<BottleNetworks> {
  const taken = await takenSubnets(docker);
  const { internal, egress } = namesOf(of.slug);
  const free = freeSubnets(taken, randomInt(2 ** 16));
  const made = await Promise.allSettled([
    make(docker, (subnet) => alter(internalNetwork(internal, of, subnet)), free),
    make(docker, (subnet) => egressNetwork(egress, of, subnet), free),
  ]);
  const [one, other] = made;
  if (one.status === "rejected") throw one.reason;
  if (other.status === "rejected") throw other.reason;
  return { internal: one.value, egress: other.value };
}

/** The same ones again, for a bottle that runs. */
export async function readNetworks(docker: Dockerode, slug: string): Promise<BottleNetworks> {
  const { internal, egress } = namesOf(slug);
  const [one, other] = await Promise.all([read(docker, internal), read(docker, egress)]);
  return { internal: one, egress: other };
}

async function read(docker: Dockerode, name: string): Promise<Network> {
  const { Id, IPAM } = await docker.getNetwork(name).inspect().catch(engineError(name));
  const subnet = parseSubnet(IPAM?.Config?.[0]?.Subnet ?? "");
  if (subnet === undefined) throw new BottleError("failed", "has no subnet of ours", { where: `network ${name}` });
  return { id: Id, name, subnet };
}

function internalNetwork(Name: string, of: { root: string; slug: string }, subnet: Subnet) {
  return {
    ...common(Name, subnet),
    Internal: true,
    // Without it the host answers on the bridge's own address, with all that listens on 0.0.0.0.
    Options: { "com.docker.network.bridge.inhibit_ipv4": "true" },
    Labels: labels(of.root, of.slug, "internal"),
  };
}

function egressNetwork(Name: string, of: { root: string; slug: string }, subnet: Subnet) {
  return { ...common(Name, subnet), Internal: false, Labels: labels(of.root, of.slug, "egress") };
}

function common(Name: string, subnet: Subnet) {
  return {
    Name,
    CheckDuplicate: true,
    Driver: "bridge",
    EnableIPv6: false,
    Attachable: false,
    IPAM: {
      Driver: "default",
      Config: [{ Subnet: subnetText(subnet), Gateway: addressIn(subnet, PLACE.gateway) }],
    },
  };
}

async function make(
  docker: Dockerode,
  options: (subnet: Subnet) => Dockerode.NetworkCreateOptions,
  free: Generator<Subnet>,
): Promise<Network> {
  let last: unknown;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const next = free.next();
    if (next.done === true) break;
    const wanted = options(next.value);
    try {
      const { id } = await docker.createNetwork(wanted);
      return { id, name: wanted.Name, subnet: next.value };
    } catch (error) {
      if (!isOverlap(error)) throw asBottleError(error, `network ${wanted.Name}`);
      last = error;
    }
  }
  throw new BottleError("failed", "no subnet is free for the bottle's networks", {
    where: "networks",
    hint: "remove bottles or networks that nobody uses",
    cause: last,
  });
}

/** A route that only the engine sees, or another launch that was faster. */
function isOverlap(error: unknown): boolean {
  const status = statusOf(error);
  return status !== undefined && status !== 409 && /overlap|conflicts with/i.test(String(error));
}
