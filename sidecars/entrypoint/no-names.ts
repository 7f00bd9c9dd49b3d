// Answers every question for a name with "there is none", where an engine's name server would ask us in turn. Without it the
// engine waits for an answer that never comes, and each look-up in the bottle takes ten seconds to fail.

import { createSocket } from "node:dgram";
import { createServer } from "node:net";

const HEADER = 12;
/** Response, recursion desired and available, no such name (RFC 1035). */
const FLAGS = [0x81, 0x83];

/** As far as it goes: an engine may keep the port to itself, and then look-ups fail slowly. */
export async function denyNames(): Promise<void> {
  await Promise.all([denyByUdp(), denyByTcp()]);
}

function denyByUdp(): Promise<void> {
  return new Promise<void>((resolve) => {
    const socket = createSocket("udp4");
    socket.on("error", () => resolve());
    socket.on("message", (question, from) => {
      const answer = noSuchName(question);
      if (answer !== undefined) socket.send(answer, from.port, from.address, () => {});
    });
    socket.bind(53, "127.0.0.1", resolve);
    socket.unref();
  });
}

/** One question a connection, with its length before it. */
function denyByTcp(): Promise<void> {
  return new Promise<void>((resolve) => {
    const server = createServer((socket) => {
      let heard = Buffer.alloc(0);
      socket.setTimeout(1000, () => socket.destroy());
      socket.on("error", () => socket.destroy());
      socket.on("data", (chunk: Buffer) => {
        heard = Buffer.concat([heard, chunk]);
        const length = heard.length < 2 ? Infinity : heard.readUInt16BE(0);
        if (heard.length < 2 + length && heard.length < LONGEST) return;
        const answer = noSuchName(heard.subarray(2, 2 + length));
        if (answer === undefined) return void socket.destroy();
        socket.end(Buffer.concat([Buffer.from([answer.length >> 8, answer.length & 0xff]), answer]));
      });
    });
    server.on("error", () => resolve());
    server.listen(53, "127.0.0.1", resolve);
    server.unref();
  });
}

/** Of a question with its length: longer ones are nobody's. */
const LONGEST = 4096;

/** The question itself, marked as answered; undefined for what is none. */
export function noSuchName(question: Buffer): Buffer | undefined {
  const isQuestion = question.length > HEADER && (question.readUInt8(2) & 0x80) === 0;
  if (!isQuestion || question.readUInt16BE(4) !== 1) return undefined;
  const end = endOfQuestion(question);
  if (end === undefined) return undefined;
  const answer = Buffer.from(question.subarray(0, end));
  answer.set(FLAGS, 2);
  answer.fill(0, 6, HEADER); // no records; additional ones of the question are not taken over
  return answer;
}

/** After its name, type and class. */
function endOfQuestion(message: Buffer): number | undefined {
  let at = HEADER;
  for (;;) {
    const length = message[at];
    if (length === undefined || length > 63) return undefined;
    at += length + 1;
    if (length === 0) break;
  }
  return at + 4 <= message.length ? at + 4 : undefined;
}
