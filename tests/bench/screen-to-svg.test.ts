import xterm from "@xterm/headless";
import { expect, test } from "vitest";

import { screenToSvg } from "../../bench/picture/screen-to-svg.ts";

async function drawn(text: string): Promise<string> {
  const screen = new xterm.Terminal({ cols: 20, rows: 3, allowProposedApi: true });
  await new Promise<void>((resolve) => screen.write(text, resolve));
  return screenToSvg(screen, "a <title>");
}

test("draws a run of cells that look alike as one piece of text", async () => {
  const svg = await drawn("plain \u001B[1;31mred\u001B[0m");
  expect(svg).toContain(">plain </text>");
  expect(svg).toMatch(/fill="#e06c75" font-weight="bold">red<\/text>/);
});

test("escapes what an agent may write", async () => {
  const svg = await drawn('<script>"&"');
  expect(svg).toContain("&lt;script&gt;&quot;&amp;&quot;");
  expect(svg).not.toContain("<script>");
  expect(svg).toContain("<title>a &lt;title&gt;</title>");
});

test("draws inverse cells on their colour, and wide characters once", async () => {
  const svg = await drawn("\u001B[7mx\u001B[0m漢");
  expect(svg).toMatch(/<rect [^>]*fill="#d4d7dd"\/>/);
  expect(svg.match(/漢/g)).toHaveLength(1);
});
