// What the open dashboard costs while nothing happens.

import { setTimeout as wait } from "node:timers/promises";

import { openDashboard, TAB } from "../dashboard.ts";
import { processorTime, residentMemory } from "../process-figures.ts";
import type { Reading } from "../reading.ts";
import { runningBottles } from "../state/running-bottles.ts";

import type { Effort } from "./effort.ts";

const BOTTLES = 20;
const SETTLED_MS = 4000; // busy becomes idle after two seconds

export async function measureIdle({ short }: Effort): Promise<Reading[]> {
  const seconds = short ? 10 : 30;
  const bottles = await runningBottles(BOTTLES);
  try {
    const dashboard = await openDashboard(bottles.root, bottles.slugs);
    try {
      dashboard.press(TAB.screen);
      await wait(SETTLED_MS);
      const [bytes, used] = [dashboard.bytes(), processorTime(dashboard.pid)];
      await wait(seconds * 1000);
      const share = ((processorTime(dashboard.pid) - used) / seconds) * 100;
      const drawn = dashboard.bytes() - bytes;
      return [
        {
          id: "idle.cpu",
          value: share,
          note: drawn === 0 ? `nothing drawn in ${seconds} s` : `${drawn} bytes drawn in ${seconds} s`,
        },
        { id: "dash.rss", value: residentMemory(dashboard.pid) },
      ];
    } finally {
      await dashboard.close();
    }
  } finally {
    await bottles.remove();
  }
}
