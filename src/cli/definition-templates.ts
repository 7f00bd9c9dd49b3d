// What `init` writes: definitions that load as they are, with what can be added as comments.

export interface BottleChoices {
  /** Ours, or the name of one that the operator contributed. */
  readonly provider: string;
  /** Of the provider `command`; a shell when it is missing. */
  readonly command: string | undefined;
  readonly hosts: readonly string[];
}

/** What runs, and where its credential comes from; the agent itself never has it. */
const PROVIDER_KEYS: Readonly<Record<string, string>> = {
  claude: `  template: claude
  auth_token: CLAUDE_CODE_OAUTH_TOKEN   # your variable with the token of \`claude setup-token\`; the agent never sees it
`,
  codex: `  template: codex
  forward_host_credentials: true        # your login, from \`codex login --device-auth\`; the agent never sees it
`,
  pi: `  template: pi                          # its model is behind the first route with \`auth\`
`,
};

/** A JSON string, since a contributed one may be called `true`. */
function providerKeys(provider: string): string {
  const keys = Object.hasOwn(PROVIDER_KEYS, provider) ? PROVIDER_KEYS[provider] : undefined;
  return keys ?? `  template: ${JSON.stringify(provider)}\n`;
}

const PI_HOST = "openrouter.ai";
const PI_ROUTE = `- {host: ${PI_HOST}, auth: {scheme: Bearer, token_ref: OPENROUTER_API_KEY}}   # your variable`;

/** JSON strings are YAML strings: no value can leave its place. */
export function bottleTemplate({ provider, command, hosts }: BottleChoices): string {
  const [of, known] = provider === "pi" ? [[PI_ROUTE], [PI_HOST]] : [[], []];
  // A host has one route, however often it is named.
  const others = [...new Set(hosts)].filter((host) => !known.includes(host));
  const routes = [...of, ...others.map((host) => `- host: ${JSON.stringify(host)}`)];
  return `---
agent_provider:
${provider === "command" ? commandKeys(command) : providerKeys(provider)}#   dockerfile: images/tools/Dockerfile   # docker: your own image, from ~/, absolute or below the root folder
# backend: docker              # or local, or docker:<host> of config.yml
# env:
#   LOG_LEVEL: info            # written here
#   API_URL: \${API_URL}        # taken from your environment at launch
#   PASSWORD: ?Password        # asked for at launch, never shown
egress:
  on_unknown_host: block       # hold: the request waits while you decide
  routes:${routes.length === 0 ? " []" : routes.map((route) => `\n    ${route}`).join("")}
#   - host: api.github.com     # exact, or *.example.com
#     methods: [GET]
#     path_allowlist: [/repos/acme/]
#     auth: {scheme: Bearer, token_ref: GH_PAT}   # your variable; the agent never sees it
# git-gate:                    # pushes are scanned for secrets; the agent never sees the key
#   user: {name: agent, email: agent@example.com}
#   repos:
#     app:
#       url: ssh://git@github.com/acme/app.git
#       identity: ~/.ssh/deploy_app   # without a passphrase, for this alone
#       host_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsABgH5C9okWi0dh2l9GKJl   # github.com's; \`ssh-keyscan\` prints others
#       force_push: false        # true: history may be rewritten
# resources: {cpus: 2, memory: 4GiB, pids: 512}
---
What this bottle is for.
`;
}

function commandKeys(command: string | undefined): string {
  const runs = command === undefined ? '["bash", "-l"]' : JSON.stringify(["sh", "-c", command]);
  return `  template: command\n  command: ${runs}\n`;
}

export function agentTemplate(name: string, bottle: string): string {
  return `---
bottle: ${bottle}
# skills: []
# git-gate:
#   user: {name: ${name}, email: ${name}@example.com}
---
What ${name} is to do: this text is its prompt.
`;
}
