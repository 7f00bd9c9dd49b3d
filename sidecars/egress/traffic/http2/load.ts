// Node's HTTP/2, loaded when a connection first speaks it: it costs a start 15 ms and some memory.

export function http2(): typeof import("node:http2") {
  return process.getBuiltinModule("node:http2");
}
