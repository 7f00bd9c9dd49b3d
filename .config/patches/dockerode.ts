// Of dockerode, what is never used here stays out of the bundle: its own ssh client (a native module; we use the operator's
// ssh) and the gRPC session of BuildKit builds.

import type { Plugin } from "esbuild";

export const unusedOfDockerode = /node_modules[\\/](?:docker-modem[\\/]lib[\\/]ssh|dockerode[\\/]lib[\\/]session)\.js$/;

export const dockerode: Plugin = {
  name: "dockerode",
  setup(build) {
    build.onLoad({ filter: unusedOfDockerode }, ({ path }) => ({
      contents: `module.exports = () => { throw new Error(${JSON.stringify(`${path.split(/[\\/]/).at(-1)} is left out`)}); };`,
      loader: "js",
    }));
  },
};
