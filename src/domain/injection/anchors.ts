// Where in an answer a closer look is worth it: words that every rule needs one of. A word is looked for by four of its bytes, in
// any case; `ends` wants no letter, digit or sign of code after it, so that "ignored" and ".ignore(" cost nothing.

export interface Anchor {
  readonly bytes: Uint8Array;
  readonly ends: boolean;
  /** It is the middle of an image in markdown, whose address has a query. */
  readonly isImage?: true;
}

/** No shift is longer, and no anchor shorter than one more: a letter of two bytes between two others is always seen. */
export const LONGEST_SHIFT = 3;

const WHOLE_WORDS = ["ignore", "ignora", "ignorez", "disregard", "forget", "override", "bypass", "discard", "neglect"];

const PARTS = [
  "ignorier",
  "vergiss",
  "oublie",
  "olvida",
  "dimentica",
  "гнорир",
  "абудь",
  "忽略",
  "无视",
  "無視",
  "not follow",
  "dont follow",
  "n't follow",
  "stop follow",
  "not obey",
  "no attention",
  "system prompt",
  "system message",
  "initial prompt",
  "hidden instr",
  "initial instr",
  "words above",
  "text above",
  "everything above",
  "jailbr",
  "uncensored",
  "unrestricted",
  "unfiltered",
  "developer mode",
  "no longer bound",
  "anything now",
  "<|im_",
  "|im_start",
  "<|system",
  "<|assist",
  "<|start_head",
  "[inst]",
  "<<sys>>",
  "start_of_turn",
  "function_calls>",
  "function_result",
  "tool_result",
  "system-remind",
  "system_prompt>",
  "system_instruction",
  "antml:",
  "<system>",
  "003csystem",
  "&lt;system",
  "# instruction",
  "human:",
  " to http",
  "to the following",
  "to this url",
  "webhook",
  "exfiltrat",
  "to attacker",
  "id_rsa",
  "$(env",
  "$(cat",
  "$(printenv",
  "env | ",
  "printenv",
  "/credentials |",
  ".env |",
  "ai agent",
  "ai assistant",
  "ai model",
  "coding agent",
  "language model",
  "assistants",
  "an assistant",
  "the assistant",
  " llm",
  "llms",
  "chatgpt",
  "claude",
  "copilot",
  "not tell",
  "not inform",
  "not mention",
  "not notify",
  "not alert",
  "not reveal",
  "not ask",
  "not warn",
  "never tell",
  "never mention",
  "never reveal",
  "without asking",
  "without telling",
  "without inform",
  "without notify",
  "without alert",
  "turn off all",
  "disable all",
  "approve all",
  "approve any",
  "approve every",
  "you must",
  "from now on",
  "new instruction",
  "special instruction",
  "tell the user",
];

export const ANCHORS: readonly Anchor[] = [
  ...WHOLE_WORDS.map((word) => ({ bytes: utf8(word), ends: true })),
  ...PARTS.map((word) => ({ bytes: utf8(word), ends: false })),
  { bytes: utf8("](http"), ends: false, isImage: true },
];

/** The domain has no TextEncoder. */
function utf8(text: string): Uint8Array {
  const bytes = encodeURIComponent(text).replaceAll(/%([0-9A-F]{2})/g, (_all, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Uint8Array.from(bytes, (character) => character.charCodeAt(0));
}
