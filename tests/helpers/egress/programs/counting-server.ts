// HTTPS on port 443 and HTTP on port 80 of one address: `{"key": PEM, "cert": PEM, "address": "127.0.0.1"}`. Prints a line for
// each request.

import { createServer as createPlain, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer } from "node:https";

const { key, cert, address } = JSON.parse(process.argv[2] ?? "{}") as { key: string; cert: string; address: string };
const answer = ({ url }: IncomingMessage, response: ServerResponse): void => {
  console.log(`${url}`);
  response.setHeader("connection", "close"); // so that the next request asks for the name again
  response.end(address);
};
createServer({ key, cert }, answer).listen(443, address, () =>
  createPlain(answer).listen(80, address, () => console.log("ready")),
);
