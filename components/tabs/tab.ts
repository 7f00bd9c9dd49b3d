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

/** Why a tab cannot be opened, or undefined. */
export function tabProblem(tab: Tab): string | undefined {
  return tab === "conversation"
    ? "conversations need a provider that records them; this version has only `command`"
    : undefined;
}
