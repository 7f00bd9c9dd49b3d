// Every tool that agents are offered: one line each.

import type { Tool } from "../tool.ts";
import { askOperator } from "./ask-operator.ts";
import { egressBlock } from "./egress-block.ts";
import { listEgressRoutes } from "./list-egress-routes.ts";
import { pipelockBlock } from "./pipelock-block.ts";
import { proposalStatus } from "./proposal-status.ts";

export const TOOLS: readonly Tool[] = [listEgressRoutes, egressBlock, pipelockBlock, askOperator, proposalStatus];
