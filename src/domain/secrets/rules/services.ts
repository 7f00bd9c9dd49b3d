// Services that people work with: messages, payments, models.

import type { SecretRule } from "../rule.ts";

export const serviceRules: readonly SecretRule[] = [
  {
    id: "slack-bot-token",
    title: "Slack bot token",
    patterns: ["xoxb-[0-9]{9,14}-[0-9]{9,14}-[A-Za-z0-9]{20,40}"],
  },
  {
    id: "stripe-secret-key",
    title: "Stripe secret key",
    patterns: ["sk_live_[A-Za-z0-9]{20,240}"],
  },
  {
    id: "anthropic-api-key",
    title: "Anthropic API key",
    patterns: ["sk-ant-api[0-9]{2}-[A-Za-z0-9_-]{80,120}"],
  },
  {
    id: "openai-project-key",
    title: "OpenAI project key",
    patterns: ["sk-proj-[A-Za-z0-9_-]{40,200}"],
  },
];
