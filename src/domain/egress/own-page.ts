// The proxy's own page, http://_egress.local/allowlist: what an agent may see of its table. No host of the network.

export const ALLOWLIST_HOST = "_egress.local";
