// The further Docker daemons of `config.yml`: each is a host of the fleet, and the backend `docker:<name>`.

import * as z from "zod";

const HOST_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;
/** Without a password. */
const ADDRESS = /^(?:unix:\/\/\/|(?:tcp|https?|ssh):\/\/(?:[^\s/@:]+@)?[^\s/@]+\/?$)/;

const DockerHost = z
  .strictObject({
    url: z
      .string()
      .regex(ADDRESS, "must be unix:///path, tcp://host:port, https://host:port or ssh://user@host")
      .describe("The daemon's address, as in DOCKER_HOST")
      .optional(),
    context: z
      .string()
      .min(1)
      .max(200)
      .describe("A docker context by its name, as `docker context ls` has it")
      .optional(),
  })
  .refine(
    ({ url, context }) => (url === undefined) !== (context === undefined),
    "must have a url or a context, one of them",
  );
export type DockerHost = z.infer<typeof DockerHost>;

export const DockerHosts = z
  .strictObject({
    hosts: z
      .record(
        z
          .string()
          .regex(HOST_NAME, "must be a name of letters, digits, dots, dashes and underscores")
          // The fleet calls this machine so.
          .refine((name) => name !== "local", "must be another name: local is this machine"),
        DockerHost,
      )
      .describe("Further Docker daemons by name; definitions say `backend: docker:<name>`")
      .default({}),
  })
  .describe("Docker daemons besides the one of DOCKER_HOST or the current docker context")
  .prefault({});
