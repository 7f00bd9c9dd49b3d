// Which program measures which figure. Loaded one at a time: none weighs on another.

import type { BenchId } from "../budgets.ts";
import type { Reading } from "../reading.ts";
import type { Effort } from "./effort.ts";

type Measure = (effort: Effort) => Promise<Reading[]>;

export const measurements: readonly { readonly ids: readonly BenchId[]; readonly load: () => Promise<Measure> }[] = [
  { ids: ["start.first-frame", "start.headless"], load: async () => (await import("./start.ts")).measureStart },
  { ids: ["idle.cpu", "dash.rss"], load: async () => (await import("./idle.ts")).measureIdle },
  { ids: ["key.latency", "key.latency.flood"], load: async () => (await import("./key-latency.ts")).measureKeyLatency },
  { ids: ["frame.bytes", "log.throughput", "mem.flood"], load: async () => (await import("./logs.ts")).measureLogs },
  { ids: ["proposal.row", "proposal.answer"], load: async () => (await import("./proposals.ts")).measureProposals },
  { ids: ["launch.local"], load: async () => (await import("./launch.ts")).measureLaunch },
  { ids: ["launch.docker"], load: async () => (await import("./docker-launch.ts")).measureDockerLaunch },
  { ids: ["docker.list.200"], load: async () => (await import("./docker-list.ts")).measureDockerList },
  { ids: ["bundle.memory"], load: async () => (await import("./bundle-memory.ts")).measureBundleMemory },
  { ids: ["git.push"], load: async () => (await import("./git-push.ts")).measureGitPush },
  { ids: ["egress.start", "egress.rss"], load: async () => (await import("./egress.ts")).measureEgress },
  {
    ids: ["egress.latency", "egress.rps", "egress.cpu", "egress.bulk.down", "egress.bulk.up", "egress.bulk.memory"],
    load: async () => (await import("./egress-traffic.ts")).measureEgressTraffic,
  },
  {
    ids: ["egress.scan", "egress.scan.hostile"],
    load: async () => (await import("./secret-scan.ts")).measureSecretScan,
  },
];
