// list-egress-routes: the table that the proxy enforces right now, without secrets.

import * as z from "zod";

import { readTableInForce } from "../table-in-force.ts";
import { describeTable } from "../describe-table.ts";
import { defineTool } from "../tool.ts";

export const listEgressRoutes = defineTool({
  name: "list-egress-routes",
  title: "List the routes",
  description:
    "Lists the hosts that this bottle may reach right now, with methods and paths. Everything else is refused.",
  input: z.strictObject({}),
  readOnly: true,
  run: async (_args, { paths, signal, now }) => describeTable(await readTableInForce(paths, signal), now()),
});
