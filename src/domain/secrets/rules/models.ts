// Providers of language models and what is built around them.

import { isPlaceholder } from "../checks/placeholder.ts";
import { hasDigitAndLetter, isMixed } from "../checks/randomness.ts";
import type { SecretRule } from "../rule.ts";
import { assigned, UUID, WORD, WORD_OR_LINE } from "./writing.ts";

const mixed = (value: string): boolean => isMixed(value) && !isPlaceholder(value);

export const modelRules: readonly SecretRule[] = [
  {
    id: "anthropic-api-key",
    title: "Anthropic API key",
    patterns: ["sk-ant-[a-z]{3,6}[0-9]{2}-[A-Za-z0-9_-]{60,120}"],
  },
  {
    id: "openai-key",
    title: "OpenAI API key",
    patterns: [
      "sk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}",
      "sk-proj-[A-Za-z0-9_-]{40,200}",
      "sk-svcacct-[A-Za-z0-9_-]{40,200}",
      "sk-admin-[A-Za-z0-9_-]{40,200}",
    ],
    notAfter: WORD,
    accept: mixed,
  },
  {
    id: "sk-key",
    title: "API key that begins with sk-",
    patterns: ["sk-[a-f0-9]{32}", "sk-[A-Za-z0-9]{48}"],
    notAfter: WORD_OR_LINE,
    notBefore: WORD_OR_LINE,
    accept: (value) => hasDigitAndLetter(value.slice(3)) && !isPlaceholder(value),
  },
  { id: "openrouter-key", title: "OpenRouter API key", patterns: ["sk-or-v1-[a-f0-9]{64}"], notBefore: WORD },
  { id: "langfuse-key", title: "Langfuse secret key", patterns: [`sk-lf-${UUID}`], notBefore: WORD },
  {
    id: "huggingface-token",
    title: "Hugging Face access token",
    patterns: ["hf_[A-Za-z]{34}", "api_org_[A-Za-z]{34}"],
    notAfter: WORD,
    notBefore: "[A-Za-z0-9_]",
    accept: (value) => /[a-z]/.test(value.slice(3)) && /[A-Z]/.test(value) && !isPlaceholder(value),
  },
  {
    id: "replicate-token",
    title: "Replicate API token",
    patterns: ["r8_[A-Za-z0-9]{37}"],
    notAfter: WORD,
    notBefore: WORD,
    accept: mixed,
  },
  { id: "groq-key", title: "Groq API key", patterns: ["gsk_[A-Za-z0-9]{52}"], notBefore: WORD, accept: mixed },
  { id: "xai-key", title: "xAI API key", patterns: ["xai-[A-Za-z0-9]{80}"], notBefore: WORD, accept: mixed },
  {
    id: "perplexity-key",
    title: "Perplexity API key",
    patterns: ["pplx-[A-Za-z0-9]{48}"],
    notBefore: WORD,
    accept: mixed,
  },
  { id: "nvidia-key", title: "NVIDIA API key", patterns: ["nvapi-[A-Za-z0-9_-]{64}"], accept: mixed },
  {
    id: "pinecone-key",
    title: "Pinecone API key",
    patterns: ["pcsk_[A-Za-z0-9]{5,8}_[A-Za-z0-9]{50,70}"],
    accept: mixed,
  },
  { id: "langsmith-key", title: "LangSmith API key", patterns: ["lsv2_[ps][tk]_[a-f0-9]{32}_[a-f0-9]{10}"] },
  { id: "elevenlabs-key", title: "ElevenLabs API key", patterns: ["sk_[a-f0-9]{48}"], notAfter: WORD, notBefore: WORD },
  { id: "tavily-key", title: "Tavily API key", patterns: ["tvly-[A-Za-z0-9-]{32,64}"], accept: mixed },
  { id: "jina-key", title: "Jina API key", patterns: ["jina_[a-f0-9]{32}[A-Za-z0-9_-]{28}"] },
  { id: "cerebras-key", title: "Cerebras API key", patterns: ["csk-[a-z0-9]{48}"], notAfter: WORD, notBefore: WORD },
  {
    id: "fireworks-key",
    title: "Fireworks API key",
    patterns: ["fw_[A-Za-z0-9]{24}"],
    notAfter: WORD,
    notBefore: WORD_OR_LINE,
    accept: mixed,
  },
  {
    id: "mistral-key",
    title: "Mistral API key",
    patterns: assigned(["mistral"], "[A-Za-z0-9]{32}"),
    notBefore: WORD,
    accept: mixed,
  },
  {
    id: "cohere-key",
    title: "Cohere API key",
    patterns: assigned(["cohere", "co-api_key"], "[A-Za-z0-9]{40}"),
    notBefore: WORD,
    accept: mixed,
  },
  {
    id: "wandb-key",
    title: "Weights & Biases API key",
    patterns: assigned(["wandb"], "[a-f0-9]{40}"),
    notBefore: WORD,
  },
];
