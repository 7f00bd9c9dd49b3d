// Answers every question for a name with "there is none", where an engine's name server would ask us in turn. Without it the
// engine waits for an answer that never comes, and each look-up in the bottle takes ten seconds to fail.

import { createSocket } from "node:dgram";

const HEADER = 12;
/** Response, recursion desired and available, no such name (RFC 1035). */
const FLAGS = [0x81, 0x83];

/** As far as it goes: an engine may keep the port to itself, and then look-ups fail slowly. */
export async function denyNames(): Promise<void> {
  await new Promise<void>((resolve) => {
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
