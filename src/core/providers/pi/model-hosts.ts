// Where Pi's own providers live that take a key by a header, so that egress can bring it: from the models that Pi 0.73.1 knows.
// Others (Bedrock and Vertex sign requests, Copilot and ChatGPT renew their logins themselves, Cloudflare and Azure have
// addresses of the account's own) need a `baseUrl` in models.json or cannot be used in a bottle.

export interface ModelHost {
  readonly host: string;
  /** As Pi calls it. */
  readonly provider: string;
  /** Where Pi looks for its key. */
  readonly variable: string;
  /** Pi's own first choice. One that a later Pi lacks makes it choose by itself. */
  readonly model: string;
}

export const MODEL_HOSTS: readonly ModelHost[] = [
  at("api.anthropic.com", "anthropic", "ANTHROPIC_API_KEY", "claude-opus-4-7"),
  at("api.openai.com", "openai", "OPENAI_API_KEY", "gpt-5.4"),
  at("openrouter.ai", "openrouter", "OPENROUTER_API_KEY", "moonshotai/kimi-k2.6"),
  at("generativelanguage.googleapis.com", "google", "GEMINI_API_KEY", "gemini-3.1-pro-preview"),
  at("api.groq.com", "groq", "GROQ_API_KEY", "openai/gpt-oss-120b"),
  at("api.mistral.ai", "mistral", "MISTRAL_API_KEY", "devstral-medium-latest"),
  at("api.x.ai", "xai", "XAI_API_KEY", "grok-4.20-0309-reasoning"),
  at("api.deepseek.com", "deepseek", "DEEPSEEK_API_KEY", "deepseek-v4-pro"),
  at("api.cerebras.ai", "cerebras", "CEREBRAS_API_KEY", "zai-glm-4.7"),
  at("api.fireworks.ai", "fireworks", "FIREWORKS_API_KEY", "accounts/fireworks/models/kimi-k2p6"),
  at("router.huggingface.co", "huggingface", "HF_TOKEN", "moonshotai/Kimi-K2.6"),
  at("api.kimi.com", "kimi-coding", "KIMI_API_KEY", "kimi-for-coding"),
  at("api.minimax.io", "minimax", "MINIMAX_API_KEY", "MiniMax-M2.7"),
  at("api.minimaxi.com", "minimax-cn", "MINIMAX_CN_API_KEY", "MiniMax-M2.7"),
  at("api.moonshot.ai", "moonshotai", "MOONSHOT_API_KEY", "kimi-k2.6"),
  at("api.moonshot.cn", "moonshotai-cn", "MOONSHOT_API_KEY", "kimi-k2.6"),
  at("opencode.ai", "opencode", "OPENCODE_API_KEY", "kimi-k2.6"),
  at("ai-gateway.vercel.sh", "vercel-ai-gateway", "AI_GATEWAY_API_KEY", "zai/glm-5.1"),
  at("api.z.ai", "zai", "ZAI_API_KEY", "glm-5.1"),
  at("api.xiaomimimo.com", "xiaomi", "XIAOMI_API_KEY", "mimo-v2.5-pro"),
];

/** Pi's providers whose models it knows without models.json, beside those above. */
export const OTHER_PROVIDERS: readonly string[] = [
  "amazon-bedrock",
  "azure-openai-responses",
  "cloudflare-ai-gateway",
  "cloudflare-workers-ai",
  "github-copilot",
  "google-vertex",
  "openai-codex",
  "opencode-go",
  "xiaomi-token-plan-ams",
  "xiaomi-token-plan-cn",
  "xiaomi-token-plan-sgp",
];

function at(host: string, provider: string, variable: string, model: string): ModelHost {
  return { host, provider, variable, model };
}
