// What the engine says of a bottle, judged: everything as it was ordered passes, and each deviation is named.

import type Dockerode from "dockerode";
import { describe, expect, test } from "vitest";

import { outsideChecks, type Outside, type Wanted } from "#backends/docker/launch/judge.ts";
import { demandProof } from "#lib/launch/demand-proof.ts";

const wanted: Wanted = {
  members: ["agent", "sidecars"],
  home: "home-volume",
  shown: { "/run/bottle/boot": "/root/state/x/agent/boot" },
  limits: { pids: 512, memory: 2 ** 30, cpus: 1.5 },
  runtime: undefined,
  variables: ["TERM", "PATH"],
};

const confined = { CapDrop: ["ALL"], CapAdd: null, SecurityOpt: ["no-new-privileges"], Privileged: false };
const agent = {
  Config: { User: "node", Env: ["TERM=xterm", "PATH=/usr/bin"] },
  HostConfig: {
    ...confined,
    ReadonlyRootfs: true,
    PidsLimit: 512,
    Memory: 2 ** 30,
    NanoCpus: 1_500_000_000,
    NetworkMode: "internal",
    PidMode: "",
    IpcMode: "private",
  },
  Mounts: [
    { Type: "volume", Name: "home-volume", Source: "/var/lib/x", Destination: "/home/node", RW: true },
    { Type: "bind", Source: "/root/state/x/agent/boot", Destination: "/run/bottle/boot", RW: false },
  ],
  NetworkSettings: { Networks: { internal: {} } },
};
const sidecars = {
  Config: { User: "1000:1000", Env: ["PATH=/usr/bin"] },
  HostConfig: { ...confined, ReadonlyRootfs: true },
  Mounts: [{ Type: "bind", Source: "/root/state/x", Destination: "/root/state/x", RW: false }],
  NetworkSettings: { Networks: { internal: {}, egress: {} } },
};
const internal = {
  Name: "internal",
  Id: "n",
  Driver: "bridge",
  Internal: true,
  EnableIPv6: false,
  Options: { "com.docker.network.bridge.inhibit_ipv4": "true" },
  Containers: { agent: {}, sidecars: {} },
};

const outside = { agent, sidecars, internal } as unknown as Outside;
const failing = (changed: Partial<Record<keyof Outside, unknown>>, more: Partial<Wanted> = {}): string[] =>
  outsideChecks(Object.assign({}, outside, changed), { ...wanted, ...more })
    .filter(({ ok }) => !ok)
    .map(({ name, evidence }) => `${name}: ${evidence}`);
const host = (more: Partial<Dockerode.HostConfig>) => ({
  agent: { ...agent, HostConfig: { ...agent.HostConfig, ...more } },
});

describe("what the engine says of a bottle", () => {
  test("passes when it is as it was ordered", () => {
    expect(failing({})).toEqual([]);
    expect(outsideChecks(outside, wanted).every(({ required }) => required)).toBe(true);
  });

  test.each([
    ["its network is closed: it is not internal", { internal: { ...internal, Internal: false } }],
    ["its network is closed: the host has an address on it", { internal: { ...internal, Options: {} } }],
    ["its network is closed: IPv6 is on", { internal: { ...internal, EnableIPv6: true } }],
    [
      "its network is closed: container stranger is on it",
      { internal: { ...internal, Containers: { agent: {}, stranger: {} } } },
    ],
    [
      "on no other network: on bridge",
      { agent: { ...agent, NetworkSettings: { Networks: { internal: {}, bridge: {} } } } },
    ],
    ["on no other network: not on internal", { agent: { ...agent, NetworkSettings: { Networks: {} } } }],
    ["on no other network: ports are published", host({ PortBindings: { "80/tcp": [{}] } })],
    [
      "nothing else is mounted: /var/run/docker.sock on /x",
      {
        agent: {
          ...agent,
          Mounts: [{ Type: "bind", Source: "/var/run/docker.sock", Destination: "/x", RW: false }],
        },
      },
    ],
    [
      "nothing else is mounted: /run/bottle/boot is writable",
      { agent: { ...agent, Mounts: [{ ...agent.Mounts[1], RW: true }] } },
    ],
    [
      "nothing else is mounted: /elsewhere on /run/bottle/boot",
      { agent: { ...agent, Mounts: [{ ...agent.Mounts[1], Source: "/elsewhere" }] } },
    ],
    ["nothing else is mounted: its system can be written", host({ ReadonlyRootfs: false })],
    ["no privileges from the engine: it is privileged", host({ Privileged: true })],
    ["no privileges from the engine: capabilities are not dropped", host({ CapDrop: ["NET_RAW"] })],
    ["no privileges from the engine: capability SYS_ADMIN", host({ CapAdd: ["SYS_ADMIN"] })],
    ["no privileges from the engine: new privileges are possible", host({ SecurityOpt: ["no-new-privileges:false"] })],
    [
      "no privileges from the engine: seccomp=unconfined",
      host({ SecurityOpt: ["no-new-privileges", "seccomp=unconfined"] }),
    ],
    ["no privileges from the engine: PidMode host", host({ PidMode: "host" })],
    ["no privileges from the engine: IpcMode container:other", host({ IpcMode: "container:other" })],
    ["no privileges from the engine: it runs as root", { agent: { ...agent, Config: { ...agent.Config, User: "" } } }],
    ["no privileges from the engine: a device", host({ Devices: [{}] })],
    ["its limits are set: processes 0", host({ PidsLimit: 0 })],
    ["its limits are set: memory 0", host({ Memory: 0 })],
    ["its limits are set: cpus 0", host({ NanoCpus: 0 })],
    [
      "no secrets in its configuration: TOKEN",
      { agent: { ...agent, Config: { ...agent.Config, Env: ["TOKEN=never shown"] } } },
    ],
    [
      "its sidecars are confined: /var/run/docker.sock is mounted",
      { sidecars: { ...sidecars, Mounts: [{ Source: "/var/run/docker.sock", Destination: "/x" }] } },
    ],
    [
      "its sidecars are confined: EGRESS_TOKEN_0 in its configuration",
      { sidecars: { ...sidecars, Config: { User: "0", Env: ["EGRESS_TOKEN_0=never shown"] } } },
    ],
  ])("%s", (said, changed) => {
    expect(failing(changed)).toEqual([said]);
  });

  test("names the runtime that is not the one that was asked for", () => {
    expect(failing(host({ Runtime: "runc" }), { runtime: "runsc" })).toEqual(["its limits are set: runtime runc"]);
  });
});

describe("a proof", () => {
  const isolation = (ok: boolean, required: boolean) => ({
    mechanism: "docker",
    proved_at: new Date(0).toISOString(),
    checks: [{ name: "a wall", ok, required, evidence: "what came back" }],
  });

  test("is demanded with the wall and what came back", () => {
    expect(() => demandProof(isolation(false, true))).toThrow(/a wall \(what came back\)/);
    expect(() => demandProof({ ...isolation(true, true), checks: [] })).toThrow(/nothing was checked/);
  });

  test("may lack what is not required", () => {
    expect(() => demandProof(isolation(false, false))).not.toThrow();
    expect(() => demandProof(isolation(true, true))).not.toThrow();
  });
});
