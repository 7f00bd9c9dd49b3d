// What stands wherever Pi looks for a key: egress puts the real one in its place, or adds it beside.

export const PLACEHOLDER = "egress-placeholder";
/** By this Pi knows a subscription's token, and sends it and its requests as those are sent. */
export const TOKEN_PLACEHOLDER = "sk-ant-oat-egress-placeholder";
