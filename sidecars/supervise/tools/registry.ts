// Every tool that agents are offered: one line each.

import type { Tool } from "../tool.ts";
import { askOperator } from "./ask-operator.ts";
import { capabilityBlock } from "./capability-block.ts";
import { egressBlock } from "./egress-block.ts";
import { listEgressRoutes } from "./list-egress-routes.ts";
import { pipelockBlock } from "./pipelock-block.ts";
import { proposalStatus } from "./proposal-status.ts";

/** What is offered depends on what the bottle's backend can do. */
export function toolsFor({ rebuild }: { readonly rebuild: boolean }): readonly Tool[] {
  return [
    listEgressRoutes,
    egressBlock,
    pipelockBlock,
    ...(rebuild ? [capabilityBlock] : []),
    askOperator,
    proposalStatus,
  ];
}
