// Yoga's WASM is decoded with Buffer: the library fetches a data: URL, which loads undici and TLS first (about 20 ms).

import type { TextPatch } from "./patch.ts";

export const yogaWasm: TextPatch = {
  name: "yoga-wasm",
  file: /yoga-layout[\\/]dist[\\/]binaries[\\/]yoga-wasm-base64-esm\.js$/,
  changes: [
    {
      find:
        'function ya(){return w||"function"!=typeof fetch?Promise.resolve().then(function(){return wa()}):' +
        'fetch(H,{credentials:"same-origin"}).then(function(a){if(!a.ok)throw"failed to load wasm binary file at \'"+H+"\'";' +
        "return a.arrayBuffer()}).catch(function(){return wa()})}",
      replace: 'function ya(){return Promise.resolve(Buffer.from(H.slice(H.indexOf(",")+1),"base64"))}',
    },
  ],
};
