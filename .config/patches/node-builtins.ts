// Node's own modules are loaded when something of them is first used. In a bundle of one file an `import` of one is hoisted,
// so that every command would load what any command needs (node:crypto alone takes 5 ms); and an ES import of node:http
// reads all its exports, one of which is a getter that loads undici (20 ms).

import { isBuiltin } from "node:module";

import type { Plugin } from "esbuild";

/** Their module is a function: nothing can stand in for it. They are loaded at every start anyway. */
const functions = ["node:assert", "node:assert/strict", "node:events", "node:module", "node:process", "node:stream"];

export const nodeBuiltins: Plugin = {
  name: "node-builtins",
  setup(build) {
    build.onResolve({ filter: /^(?:node:)?[a-z_]+(?:\/[a-z_]+)*$/ }, ({ path, kind }) => {
      if (!isBuiltin(path)) return undefined;
      const name = path.startsWith("node:") ? path : `node:${path}`;
      const whole = kind === "require-call" || functions.includes(name);
      return { path: name, namespace: whole ? "builtin" : "lazy-builtin" };
    });
    build.onLoad({ filter: /.*/, namespace: "builtin" }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
    }));
    build.onLoad({ filter: /.*/, namespace: "lazy-builtin" }, ({ path }) => ({ contents: lazyModule(path) }));
  },
};

/**
 * esbuild copies a CommonJS module's own properties and keeps its prototype. This one has none of its own, and a prototype
 * that loads the module when it is asked for anything. Functions then become properties, so that they cost nothing more.
 */
function lazyModule(name: string): string {
  return `
let loaded;
const load = () => (loaded ??= process.getBuiltinModule(${JSON.stringify(name)}));
module.exports = Object.create(new Proxy({}, {
  get(_, key, receiver) {
    const value = load()[key];
    if (typeof value === "function") Object.defineProperty(receiver, key, { value, writable: true, configurable: true });
    return value;
  },
  has: (_, key) => key in load(),
}));`;
}
