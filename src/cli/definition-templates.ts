// What `init` writes: definitions that load as they are, with what can be added as comments.

/** JSON strings are YAML strings: no value can leave its place. */
export function bottleTemplate(command: string | undefined, hosts: readonly string[]): string {
  const runs = command === undefined ? '["bash", "-l"]' : JSON.stringify(["sh", "-c", command]);
  const routes =
    hosts.length === 0 ? " []" : `\n${hosts.map((host) => `    - host: ${JSON.stringify(host)}`).join("\n")}`;
  return `---
agent_provider:
  template: command
  command: ${runs}
#   dockerfile: images/tools/Dockerfile   # docker: your own image, from ~/, absolute or below the root folder
# backend: docker              # or local, or docker:<host> of config.yml
# env:
#   LOG_LEVEL: info            # written here
#   API_URL: \${API_URL}        # taken from your environment at launch
#   PASSWORD: ?Password        # asked for at launch, never shown
egress:
  on_unknown_host: block       # hold: the request waits while you decide
  routes:${routes}
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
