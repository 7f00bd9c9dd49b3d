// Gives Pi the tools of supervise, under their own names. They are listed while Pi starts; when supervise does not answer
// then, before each prompt again, so that a restart of either costs at most a turn without them.

import { callTool, listTools, type Offer, type OfferedTool } from "./mcp.ts";
import type { Pi, PiTool } from "./pi.ts";

/** Milliseconds that a prompt waits for the list. */
const PATIENCE = 3000;
const NEVER = new AbortController().signal;

export function offerTools(pi: Pi, url: string): void {
  let listing: Promise<boolean> | undefined;
  const list = async (): Promise<boolean> => {
    try {
      const offer = await listTools(url, AbortSignal.timeout(PATIENCE));
      for (const [index, tool] of offer.tools.entries())
        pi.registerTool(piTool(url, tool, index === 0 ? offer : undefined));
      return true;
    } catch {
      return false;
    }
  };
  listing = list();
  pi.on("before_agent_start", async () => {
    if ((await listing) === true) return;
    listing = list();
    await listing;
  });
}

/** `offer` where the tool brings the instructions for all of them. */
function piTool(url: string, { name, title, description, parameters }: OfferedTool, offer: Offer | undefined): PiTool {
  return {
    name,
    label: title,
    description,
    promptSnippet: firstSentence(description),
    ...(offer === undefined || offer.instructions === "" ? {} : { promptGuidelines: [offer.instructions] }),
    parameters,
    async execute(_id, args, signal, progress) {
      const shown = (text: string): void => progress?.({ content: [{ type: "text", text }], details: {} });
      try {
        return { content: await callTool(url, name, args, { signal: signal ?? NEVER, progress: shown }), details: {} };
      } catch (error) {
        throw new Error(signal?.aborted === true ? "cancelled" : inWords(error), { cause: error });
      }
    },
  };
}

function firstSentence(text: string): string {
  return /^.*?[.:](?=\s|$)/s.exec(text)?.[0].replaceAll(/\s+/g, " ") ?? text;
}

function inWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (!("code" in error)) return error.message;
  return `supervise does not answer (${error.message}); it starts again by itself: try again in a few seconds`;
}
