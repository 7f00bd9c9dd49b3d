// What every agent's image gets on top: Node and our entrypoint, and a user `node`, whatever it was made from.

import { OPT } from "./images.ts";

/** A Dockerfile: `image` and what `sidecars` has of ours. It fails with the reason where an image cannot run a bottle. */
export function lastLayer(image: string, sidecars: string): string {
  return `FROM ${image}
USER root
COPY --from=${sidecars} ${OPT}/node ${OPT}/node
COPY --from=${sidecars} ${OPT}/dist/sidecars/entrypoint.js ${OPT}/dist/sidecars/entrypoint.js
RUN ${OPT}/node --version >/dev/null || { echo "a bottle's image must be able to run Node: it needs glibc 2.28 and libstdc++ (Debian, Ubuntu, Fedora; not Alpine)"; exit 1; }; \\
    id node >/dev/null 2>&1 || useradd --create-home --home-dir /home/node --user-group --shell /bin/sh node \\
        || { echo "a bottle's image must have a user \\\`node\\\`, and this one has no useradd to make it"; exit 1; }; \\
    mkdir -p /home/node && chown node /home/node
USER node
WORKDIR /home/node
ENTRYPOINT ["${OPT}/node", "${OPT}/dist/sidecars/entrypoint.js"]
CMD []
`;
}
