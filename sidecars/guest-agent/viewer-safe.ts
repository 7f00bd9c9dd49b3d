// The part of an agent's terminal output that a viewer may write to a real terminal: what draws, and nothing that acts on
// the operator's machine or makes his terminal answer. The agent's queries are answered once, by our own emulator.

// oxlint-disable-next-line no-control-regex -- controls are what is looked for
const INTERESTING = /[\u0005\u001b\u0080-\u009f]/;
// OSC; DCS, SOS, PM, APC; CSI; other escapes; ENQ; stray C1 controls.
const PARTS =
  // oxlint-disable-next-line no-control-regex -- controls are what is looked for
  /(?:\u001b\]|\u009d)([^\u0007\u0018\u001a\u001b\u009c]*)(?:\u0007|\u001b\\|\u009c|[\u0018\u001a]|$|(?=\u001b))|(?:\u001b[PX^_]|[\u0090\u0098\u009e\u009f])[^\u0018\u001a\u001b\u009c]*(?:\u001b\\|[\u0018\u001a\u009c]|$|(?=\u001b))|(?:\u001b\[|\u009b)([<-?]?)([0-9:;]*)([ -/]*)([@-~])|\u001bZ|\u0005|[\u0080-\u009f]/g;

/** `text` must not begin or end inside an escape sequence (hold-sequences.ts). */
export function viewerSafe(text: string): string {
  if (!INTERESTING.test(text)) return text;
  return text.replace(PARTS, (whole, osc?: string, marker?: string, parameters?: string, between?: string, final?: string) => {
    if (osc !== undefined) return isSafeLink(osc) ? `\u001b]${osc}\u001b\\` : "";
    if (final === undefined) return C1_DRAWS[whole] ?? "";
    return drawsOnly(marker ?? "", between ?? "", final) ? `\u001b[${marker ?? ""}${parameters ?? ""}${between ?? ""}${final}` : "";
  });
}

/** The 8-bit controls that move the cursor, as the 7-bit ones that every terminal takes: IND, NEL, HTS, RI. */
const C1_DRAWS: Readonly<Record<string, string>> = {
  "\u0084": "\u001bD",
  "\u0085": "\u001bE",
  "\u0088": "\u001bH",
  "\u008d": "\u001bM",
};

/** Hyperlinks to the web stay; titles, the clipboard, notifications, palettes and working directories do not. */
function isSafeLink(osc: string): boolean {
  return /^8;[^;]*;(?:https?:\/\/[!-~]*)?$/.test(osc);
}

function drawsOnly(marker: string, between: string, final: string): boolean {
  if (marker === "?") return between === "" && "hlJKrs".includes(final);
  if (marker !== "") return false; // modifyOtherKeys, kitty's keyboard, version and device queries
  if (between === "") return !"cintx".includes(final); // queries, printing, window operations
  return between === " " ? final === "q" || final === "@" || final === "A" : between === "!" && final === "p";
}
