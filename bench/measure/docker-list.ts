// 200 real containers: what our backend needs to tell how their bottles stand, against one question to the engine.

import { request } from "node:http";
import { pathToFileURL } from "node:url";

import type { Backend } from "#contracts/backend.ts";
import { LABEL, rootLabel } from "#backends/docker/names.ts";
import { makeCrowd } from "#tests/helpers/docker/crowd.ts";

import { whyNoDocker } from "../docker.ts";
import { dockerBackend } from "../programs.ts";
import type { Reading } from "../reading.ts";
import { interleaved, median } from "../statistics.ts";

import { rounds, type Effort } from "./effort.ts";

const CONTAINERS = 200;

export async function measureDockerList(effort: Effort): Promise<Reading[]> {
  const missing = await whyNoDocker();
  if (missing !== undefined) return [{ id: "docker.list.200", unmeasured: missing }];
  const running = effort.short ? 20 : CONTAINERS;
  const crowd = await makeCrowd({ count: CONTAINERS, running });
  try {
    const backend = await openBackend(crowd.root);
    const { socketPath } = crowd.docker.modem as { socketPath?: string };
    if (socketPath === undefined) return [{ id: "docker.list.200", unmeasured: "the engine is not on a unix socket" }];
    const ours = async (): Promise<void> => {
      const listed = await backend.list();
      const up = listed.filter(({ status }) => status.phase === "running").length;
      if (listed.length !== CONTAINERS || up !== running)
        throw new Error(`${listed.length} bottles are listed, ${up} of them as running`);
    };
    const one = async (): Promise<void> => {
      const found = await askEngine(socketPath, crowd.root);
      if (found !== CONTAINERS) throw new Error(`the engine lists ${found} containers`);
    };
    await ours();
    await one();
    const times = await interleaved(rounds(effort), { ours: () => timed(ours), one: () => timed(one) });
    const note = `${running} of them running`;
    return [{ id: "docker.list.200", value: median(times.ours), against: median(times.one), note }];
  } finally {
    await crowd.remove();
  }
}

async function openBackend(root: string): Promise<Pick<Backend, "list">> {
  const built = (await import(pathToFileURL(dockerBackend).href)) as {
    loadBackend: (options: object) => Pick<Backend, "list">;
  };
  return built.loadBackend({
    root,
    env: process.env,
    name: "docker",
    host: "local",
    source: { kind: "environment" },
  });
}

/** `GET /containers/json` with nothing around it; how many there are. */
function askEngine(socketPath: string, root: string): Promise<number> {
  const filters = JSON.stringify({ label: [`${LABEL.root}=${rootLabel(root)}`, `${LABEL.role}=agent`] });
  const path = `/containers/json?all=1&filters=${encodeURIComponent(filters)}`;
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, path, headers: { host: "docker" } }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (body += chunk));
      response.on("end", () => resolve((JSON.parse(body) as unknown[]).length));
    });
    call.once("error", reject);
    call.end();
  });
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
