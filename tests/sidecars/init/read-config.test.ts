import { PassThrough } from "node:stream";
import { expect, it } from "vitest";

import { readConfig } from "#sidecars/init/read-config.ts";

const config = { slug: "demo-abcde", root: "/r", programs: "/p", daemons: ["egress"], rebuild: false, environment: {} };

function input(...chunks: string[]): PassThrough {
  const stream = new PassThrough();
  for (const chunk of chunks) stream.write(chunk);
  return stream;
}

it("takes the document at its newline, while the writer stays", async () => {
  expect(await readConfig(input(`${JSON.stringify(config)}\n`))).toEqual(config);
});

it("takes a document without a newline when the writer closes", async () => {
  const text = JSON.stringify(config, null, 2);
  const stream = input(text.slice(0, 30), text.slice(30));
  stream.end();
  expect(await readConfig(stream)).toEqual(config);
});

it.each([
  ["nothing", "", "document"],
  ["no JSON", "slug: demo\n", "document"],
  ["an unknown daemon", JSON.stringify({ ...config, daemons: ["pipelock"] }), "daemons.0"],
  ["an unknown key", JSON.stringify({ ...config, token: "x" }), "token"],
  ["a slug with a path", JSON.stringify({ ...config, slug: "../x" }), "slug"],
])("refuses %s", async (_, text, named) => {
  const stream = input(text);
  stream.end();
  await expect(readConfig(stream)).rejects.toMatchObject({ code: "invalid", message: expect.stringContaining(named) });
});
