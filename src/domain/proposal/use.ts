// What the egress proxy saw of the routes that decisions added: `state/<slug>/egress/uses.json`.

import * as z from "zod";

const timestamp = z.iso.datetime();

export const Use = z.strictObject({ count: z.int().positive(), first_at: timestamp, last_at: timestamp });
export type Use = z.infer<typeof Use>;

/** Decision id to use. */
export const Uses = z.record(z.string(), Use);
export type Uses = z.infer<typeof Uses>;
