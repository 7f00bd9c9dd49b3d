// The part of an agent's terminal output that a viewer may write to a real terminal: what draws, and nothing that acts on
// the operator's machine or makes his terminal answer. The agent's queries are answered once, by our own emulator.

// oxlint-disable-next-line no-control-regex -- controls are what is looked for
const INTERESTING = /[\u0005\u001b\u0080-\u009f]/;
// OSC; DCS, SOS, PM, APC; CSI; other escapes; an escape that begins nothing, ENQ, stray C1 controls.
const PARTS =
  // oxlint-disable-next-line no-control-regex -- controls are what is looked for
  /(?:\u001b\]|\u009d)([^\u0007\u0018\u001a\u001b\u009c]*)(?:\u0007|\u001b\\|\u009c|[\u0018\u001a]|$|(?=\u001b))|(?:\u001b[PX^_]|[\u0090\u0098\u009e\u009f])[^\u0018\u001a\u001b\u009c]*(?:\u001b\\|[\u0018\u001a\u009c]|$|(?=\u001b))|(?:\u001b\[|\u009b)([<-?]?)([0-9:;]*)([ -/]*)([@-~])|\u001b([ -/]*)([0-OQ-WYZ\\`-~])|[\u001b\u0005\u0080-\u009f]/g;

/**
 * `text` must not begin or end inside an escape sequence (hold-sequences.ts). Every ESC is part of something that stays
 * whole or goes whole: what is taken out never brings an ESC and its continuation together.
 */
export function viewerSafe(text: string): string {
  if (!INTERESTING.test(text)) return text;
  return text.replace(
    PARTS,
    (
      whole: string,
      osc?: string,
      marker?: string,
      parameters?: string,
      between?: string,
      final?: string,
      ...rest: unknown[]
    ) => {
      const [escapeBetween, escapeFinal] = rest as (string | undefined)[];
      if (osc !== undefined) return isSafeLink(osc) ? `\u001b]${osc}\u001b\\` : "";
      if (final !== undefined)
        return drawsOnly(marker ?? "", parameters ?? "", between ?? "", final)
          ? `\u001b[${marker ?? ""}${parameters ?? ""}${between ?? ""}${final}`
          : "";
      if (escapeFinal !== undefined) return escapeDraws(whole, escapeBetween ?? "", escapeFinal);
      return C1_DRAWS[whole] ?? "";
    },
  );
}

const SOFT_RESET_AND_CLEAR = "\u001b[!p\u001b[2J\u001b[H";

function escapeDraws(whole: string, between: string, final: string): string {
  if (between === "" && final === "c") return SOFT_RESET_AND_CLEAR; // a full reset would take the viewer's own screen
  if (between === "") return "78DEHMNO=>no|}~\\".includes(final) ? whole : "";
  return /^[()*+./-]$/.test(between) || (between === "#" && "34568".includes(final)) ? whole : ""; // character sets, line sizes
}

/** The 8-bit controls that move the cursor, as the 7-bit ones that every terminal takes: IND, NEL, HTS, RI. */
const C1_DRAWS: Readonly<Record<string, string>> = {
  "\u0084": "\u001bD",
  "\u0085": "\u001bE",
  "\u0088": "\u001bH",
  "\u008d": "\u001bM",
};

/**
 * Hyperlinks to the web stay; titles, the clipboard, notifications, palettes and working directories do not. Visible ASCII
 * throughout: to xterm.js and VTE an 8-bit control inside of a link ends it and begins a sequence of its own.
 */
function isSafeLink(osc: string): boolean {
  return /^8;[!-:<-~]*;(?:https?:\/\/[!-~]*)?$/.test(osc);
}

/** Without a `?` only insert mode (4): 2 would lock the keyboard, 12 and 20 change what keys send. */
function drawsOnly(marker: string, parameters: string, between: string, final: string): boolean {
  if (marker === "?") return between === "" && "hlJKrs".includes(final);
  if (marker !== "") return false; // modifyOtherKeys, kitty's keyboard, version and device queries
  if (between === "" && "hl".includes(final)) return parameters === "4";
  if (between === "") return !"cintx".includes(final); // queries, printing, window operations
  return between === " " ? final === "q" || final === "@" || final === "A" : between === "!" && final === "p";
}
