// Ink's door to the React developer tools is left out of the bundle: it is never opened there.

import type { Plugin } from "esbuild";

export const inkDevtools: Plugin = {
  name: "ink-devtools",
  setup(build) {
    build.onLoad({ filter: /node_modules[\\/]ink[\\/]build[\\/]devtools\.js$/ }, () => ({
      contents: "export {};",
      loader: "js",
    }));
  },
};
