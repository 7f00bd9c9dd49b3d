// What a bottle's entrypoint is told to try.

import { expect, test } from "vitest";

import { subnetText, parseSubnet, type Subnet } from "#backends/docker/launch/subnets.ts";
import { bootTries, type TriesOf } from "#backends/docker/launch/tries.ts";
import { labels } from "#backends/docker/names.ts";
import { BootTries } from "#domain/boot/protocol.ts";
import { isUserSpaceKernel } from "#backends/docker/launch/kernel-evidence.ts";
import { kernelAttempts } from "#sidecars/entrypoint/checks/kernel.ts";
import { networkAttempts } from "#sidecars/entrypoint/checks/network.ts";
import { surroundingsAttempts } from "#sidecars/entrypoint/checks/surroundings.ts";

const subnet = (text: string): Subnet => {
  const parsed = parseSubnet(text);
  if (parsed === undefined || subnetText(parsed) !== text) throw new Error(`${text} is no subnet`);
  return parsed;
};

const container = (slug: string, address: string, state = "running") =>
  ({
    State: state,
    Labels: labels("/root", slug, "agent"),
    NetworkSettings: { Networks: { own: { IPAddress: address } } },
  }) as unknown as TriesOf["others"][number];

const of: TriesOf = {
  root: "/somewhere/root",
  slug: "mine-1",
  targets: { listening: [{ host: "192.168.1.5", port: 4567 }], abstract: "name", close() {} },
  networks: {
    internal: { id: "i", name: "internal", subnet: subnet("10.213.0.0/29") },
    egress: { id: "e", name: "egress", subnet: subnet("10.213.0.8/29") },
  },
  image: { env: { PATH: "/usr/bin", NODE_VERSION: "24" } },
  others: [
    container("mine-1", "10.213.0.3"),
    container("other-1", "10.213.0.19"),
    container("gone-1", "1.2.3.4", "exited"),
  ],
  served: { supervise: true, gitGate: false },
  hasSeccomp: true,
  inUserSpaceKernel: false,
  isBeside: false,
};
const tries = BootTries.parse(bootTries(of));
const refused = tries.refused.map(({ host, port }) => `${host}:${port}`);

test("both gateways, the engine's ports, metadata and the sidecars' other side are to be refused", () => {
  expect(refused).toEqual(
    expect.arrayContaining([
      "10.213.0.1:4567",
      "10.213.0.9:4567",
      "192.168.1.5:2375",
      "169.254.169.254:80",
      "10.213.0.10:9099",
      "10.213.0.10:9098",
    ]),
  );
  expect(new Set(refused).size).toBe(refused.length);
});

test("only for gVisor is what the kernel says of itself no proof, and all of the network stays one", () => {
  const required = (inUserSpaceKernel: boolean): string[] => {
    const asked = BootTries.parse(bootTries({ ...of, inUserSpaceKernel }));
    const attempts = [...kernelAttempts(asked), ...surroundingsAttempts(asked), ...networkAttempts(asked)];
    return attempts.filter((attempt) => attempt.required).map(({ name }) => name);
  };
  const left = required(true);
  expect(required(false).filter((name) => !left.includes(name))).toEqual([
    "kernel settings cannot be written",
    "no capabilities",
    "no new privileges",
    "system calls are filtered",
    "no further user namespaces",
    "no open files of the host",
  ]);
  expect(["runsc", "runsc-kvm", "io.containerd.runsc.v1"].map(isUserSpaceKernel)).toEqual([true, true, true]);
  expect([undefined, "runc", "kata", "my-runsc"].map(isUserSpaceKernel)).toEqual([false, false, false, false]);
});

test("so are other bottles that run, and never the own one", () => {
  expect(refused).toContain("10.213.0.19:9099");
  expect(refused.join()).not.toContain("10.213.0.3:");
  expect(refused.join()).not.toContain("1.2.3.4");
});

test("only what is served is led to the sidecars, whose lifeline is held", () => {
  expect(tries.forwards).toEqual([
    { port: 9099, to: { host: "10.213.0.2", port: 9099 } },
    { port: 9100, to: { host: "10.213.0.2", port: 9100 } },
  ]);
  expect(tries.lifeline).toEqual({ host: "10.213.0.2", port: 9098 });
  expect(bootTries({ ...of, served: { supervise: false, gitGate: true } }).forwards?.map(({ port }) => port)).toEqual([
    9099, 9420, 9418,
  ]);
});

test("the operator's root is to be absent, and the image's variables are known", () => {
  expect(tries.absent).toContain("/somewhere/root");
  expect(tries.image_variables).toEqual(expect.arrayContaining(["PATH", "NODE_VERSION"]));
  expect(tries).toMatchObject({ network: "internal", read_only: true, seccomp_required: true });
});

test("what the agent itself offers is no stranger's only while one container takes another's place", () => {
  expect(tries.beside).toEqual([]);
  expect(bootTries({ ...of, isBeside: true }).beside).toEqual(["10.213.0.3", "10.213.0.4"]);
});
