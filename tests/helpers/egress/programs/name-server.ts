// A resolver at 127.0.0.1:53 that gives each name the answers of its argument in turn: `{"name": [["1.2.3.4"], ["127.0.0.1"]]}`.
// Prints each name that is asked for an IPv4 address.

import { createSocket } from "node:dgram";

const zone = JSON.parse(process.argv[2] ?? "{}") as Record<string, string[][]>;
const turns = new Map<string, number>();
const TYPE_A = 1;

const server = createSocket("udp4");
server.on("message", (query, from) => {
  const { name, type, end } = readQuestion(query);
  const answers = type === TYPE_A ? nextAnswer(name) : [];
  const records = answers.map((address) =>
    Buffer.from([0xc0, 0x0c, 0, TYPE_A, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split(".").map(Number)]),
  );
  const known = zone[name] !== undefined;
  const head = Buffer.from([0x81, known ? 0x80 : 0x83, 0, 1, 0, records.length, 0, 0, 0, 0]);
  server.send(
    Buffer.concat([query.subarray(0, 2), head, query.subarray(12, end), ...records]),
    from.port,
    from.address,
  );
});
server.bind(53, "127.0.0.1", () => console.log("ready"));

function readQuestion(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join(".").toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

function nextAnswer(name: string): string[] {
  console.log(name);
  const answers = zone[name] ?? [];
  const turn = turns.get(name) ?? 0;
  turns.set(name, turn + 1);
  return answers[Math.min(turn, answers.length - 1)] ?? [];
}
