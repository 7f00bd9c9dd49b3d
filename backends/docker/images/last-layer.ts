// What every agent's image gets on top: Node, our entrypoint and what runs a task, and a user `node`, whatever it was made from.

import { OPT } from "./images.ts";

const CHECK = [
  `${OPT}/node --version > /dev/null || {`,
  '  echo "a bottle\'s image must be able to run Node: it needs glibc 2.28 and libstdc++ (Debian, Ubuntu, Fedora; not Alpine)"',
  "  exit 1",
  "}",
  "id node > /dev/null 2>&1 || useradd --create-home --home-dir /home/node --user-group --shell /bin/sh node || {",
  '  echo "a bottle\'s image must have a user node, and this one has no useradd to make it"',
  "  exit 1",
  "}",
  '[ "$(id -u node)" != 0 ] || { echo "the user node of a bottle\'s image must not be root"; exit 1; }',
  "mkdir -p /home/node && chown node: /home/node",
].join("\n");

/**
 * A Dockerfile: `image`, and what `sidecars` has of ours. It fails with the reason where an image cannot run a bottle.
 * Node is a layer of its own: our programs change, and it does not.
 */
export function lastLayer(image: string, sidecars: string): string {
  return `FROM ${image}
USER root
WORKDIR /home/node
COPY --from=${sidecars} ${OPT}/node ${OPT}/node
RUN ${JSON.stringify(["/bin/sh", "-c", CHECK])}
COPY --from=${sidecars} ${OPT}/dist/sidecars/entrypoint.js ${OPT}/dist/sidecars/task.js ${OPT}/dist/sidecars/
COPY --from=${sidecars} ${OPT}/dist/demo/agent.js ${OPT}/dist/demo/agent.js
HEALTHCHECK NONE
USER node
ENTRYPOINT ["${OPT}/node", "${OPT}/dist/sidecars/entrypoint.js"]
CMD []
`;
}
