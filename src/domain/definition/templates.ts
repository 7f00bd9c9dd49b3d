// What `init` writes: definitions that load and run as they are, with the usual keys shown as comments.

export function bottleTemplate(name: string): string {
  return `---
# What agents in this bottle may do. Everything that is not written here is refused.
agent_provider:
  template: command
  command: [bash, -l]

egress:
  # A request to a host that is not listed: \`block\` it, or \`hold\` it while you decide.
  on_unknown_host: hold
  routes: []
  # routes:
  #   - host: api.github.com
  #     path_allowlist: [/repos/acme/]
  #     methods: [GET]
  #     auth: {scheme: Bearer, token_ref: GH_PAT} # a variable of yours; the agent never sees its value

# env:
#   LOG_LEVEL: debug        # as it is written
#   API_KEY: ?The API key   # asked for at launch
#   EDITOR: \${EDITOR}       # taken from your environment

# resources: {cpus: 2, memory: 2GiB, pids: 512}
---
The bottle \`${name}\`. Nothing below the front matter is read.
`;
}

export function agentTemplate(name: string): string {
  return `---
bottle: ${name}
---
What the agent is told at the start goes here.
`;
}
