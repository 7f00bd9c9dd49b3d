// The environment that every agent gets, whatever runs it: its only ways out, and trust in the bottle's own CA.

import { INSIDE } from "#domain/boot/protocol.ts";

const CA_BUNDLE = `${INSIDE.tls}/bundle.pem`;
const PROXY = `http://${INSIDE.egress.host}:${INSIDE.egress.port}`;
const DIRECT = "127.0.0.1,localhost,::1";

/** Where an agent asks the operator, says how it stands, and what came of its task. */
export const SUPERVISE = {
  mcp: `http://${INSIDE.supervise.host}:${INSIDE.supervise.port}/mcp`,
  state: `http://${INSIDE.supervise.host}:${INSIDE.supervise.port}/state`,
  result: `http://${INSIDE.supervise.host}:${INSIDE.supervise.port}/result`,
} as const;

/** Names and values that a definition's `env` may add to but not replace. */
export function guestEnv(): Record<string, string> {
  return {
    HOME: INSIDE.home,
    USER: "node",
    LOGNAME: "node",
    SHELL: "/bin/bash",
    PATH: `${INSIDE.programs}:${INSIDE.agent}/bin:/usr/local/bin:/usr/bin:/bin`,
    LANG: "C.UTF-8",
    TERM: "xterm-256color",
    COLORTERM: "truecolor",
    TMPDIR: "/tmp",
    IS_SANDBOX: "1",
    HTTP_PROXY: PROXY,
    http_proxy: PROXY,
    HTTPS_PROXY: PROXY,
    https_proxy: PROXY,
    NO_PROXY: DIRECT,
    no_proxy: DIRECT,
    NODE_USE_ENV_PROXY: "1",
    NODE_EXTRA_CA_CERTS: `${INSIDE.tls}/ca.pem`,
    SSL_CERT_FILE: CA_BUNDLE,
    REQUESTS_CA_BUNDLE: CA_BUNDLE,
    CURL_CA_BUNDLE: CA_BUNDLE,
    GIT_SSL_CAINFO: CA_BUNDLE,
    CODEX_CA_CERTIFICATE: CA_BUNDLE,
    SUPERVISE_URL: SUPERVISE.mcp,
  };
}
