// node:http is taken as it is instead of imported: an ES module import of it reads every export, and one of them is a
// getter that loads undici with all that belongs to it (20 ms of a start, 6 MB) for a WebSocket that nobody asked for.

import type { Plugin } from "esbuild";

export const nodeHttp: Plugin = {
  name: "node-http",
  setup(build) {
    build.onResolve({ filter: /^(?:node:)?http$/ }, () => ({ path: "http", namespace: "builtin" }));
    build.onLoad({ filter: /^http$/, namespace: "builtin" }, () => ({
      contents: 'module.exports = process.getBuiltinModule("node:http");',
    }));
  },
};
