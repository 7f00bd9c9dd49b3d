// Ink tokenises and measures each text of a frame anew. What the frame before measured is kept for one more frame.

import type { TextPatch } from "./patch.ts";

const keep = `
const keep = (map, before, key) => {
    const value = before?.get(key);
    if (value !== undefined) map.set(key, value);
    return value;
};
let lastFrame;
const nextFrame = () => {
    const caches = new OutputCaches();
    caches.before = lastFrame;
    if (lastFrame) lastFrame.before = undefined;
    return (lastFrame = caches);
};
export default class Output {`;

export const inkOutput: TextPatch = {
  name: "ink-output",
  file: /node_modules[\\/]ink[\\/]build[\\/]output\.js$/,
  changes: [
    { find: "\nexport default class Output {", replace: keep },
    { find: "    caches = new OutputCaches();", replace: "    caches = nextFrame();" },
    kept("styledChars", "line"),
    kept("widths", "text"),
    kept("blockWidths", "text"),
  ],
};

function kept(map: string, key: string): { find: string; replace: string } {
  const find = `let cached = this.${map}.get(${key});`;
  return { find, replace: `let cached = this.${map}.get(${key}) ?? keep(this.${map}, this.before?.${map}, ${key});` };
}
