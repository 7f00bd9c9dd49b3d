// The tabs of the preview, in the order of their keys.

export const TABS = ["screen", "logs", "egress", "proposals", "conversation", "info", "audit"] as const;
export type Tab = (typeof TABS)[number];

const TITLES: Readonly<Record<Tab, string>> = {
  screen: "Screen",
  logs: "Logs",
  egress: "Egress",
  proposals: "Proposals",
  conversation: "Conversation",
  info: "Info",
  audit: "Audit",
};

export function tabTitle(tab: Tab): string {
  return TITLES[tab];
}

/** For a terminal of 80 columns. */
const SHORT_TITLES: Readonly<Record<Tab, string>> = {
  screen: "Scr",
  logs: "Log",
  egress: "Egr",
  proposals: "Prop",
  conversation: "Conv",
  info: "Info",
  audit: "Aud",
};

export function tabShortTitle(tab: Tab): string {
  return SHORT_TITLES[tab];
}

/** Why a tab cannot be opened, or undefined. */
export function tabProblem(tab: Tab): string | undefined {
  return tab === "conversation"
    ? "conversations need a provider that records them; this version has only `command`"
    : undefined;
}
