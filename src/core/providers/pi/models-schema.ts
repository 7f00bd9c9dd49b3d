// What of a models.json goes into a bottle: an allowlist. A member of another type than Pi takes is left out, since Pi would
// leave the whole file unread for it.

import * as z from "zod";

import { PLACEHOLDER } from "./placeholder.ts";

/** Headers that tell a server how to answer. Which others are secret cannot be known. */
const PLAIN_HEADERS = new Set(["accept", "anthropic-beta", "anthropic-version", "openai-beta", "user-agent"]);
const LEVELS = ["off", "minimal", "low", "medium", "high", "xhigh"];

const text = z.string().min(1).max(500);
const flag = soft(z.boolean());
const texts = soft(z.array(text));
/** Without user, password, query and fragment. */
const address = soft(
  z
    .url({ protocol: /^https?$/ })
    .max(500)
    .transform((written) => {
      const { origin, pathname } = new URL(written);
      return `${origin}${pathname === "/" ? "" : pathname}`;
    }),
);
const headers = soft(
  z
    .record(z.string().min(1).max(100), z.string())
    .transform((written) =>
      Object.fromEntries(
        Object.entries(written).map(([name, value]) => [name, isPlain(name, value) ? value : PLACEHOLDER]),
      ),
    ),
);
const compat = soft(
  z.object({
    supportsStore: flag,
    supportsDeveloperRole: flag,
    supportsReasoningEffort: flag,
    supportsUsageInStreaming: flag,
    maxTokensField: soft(z.enum(["max_completion_tokens", "max_tokens"])),
    requiresToolResultName: flag,
    requiresAssistantAfterToolResult: flag,
    requiresThinkingAsText: flag,
    requiresReasoningContentOnAssistantMessages: flag,
    thinkingFormat: soft(z.enum(["openai", "openrouter", "deepseek", "zai", "qwen", "qwen-chat-template"])),
    cacheControlFormat: soft(z.literal("anthropic")),
    supportsStrictMode: flag,
    supportsLongCacheRetention: flag,
    supportsEagerToolInputStreaming: flag,
    sendSessionIdHeader: flag,
    openRouterRouting: soft(
      z.object({
        allow_fallbacks: flag,
        require_parameters: flag,
        zdr: flag,
        order: texts,
        only: texts,
        ignore: texts,
      }),
    ),
    vercelGatewayRouting: soft(z.object({ only: texts, order: texts })),
  }),
);
const price = z.object({ input: z.number(), output: z.number(), cacheRead: z.number(), cacheWrite: z.number() });
const tuning = {
  name: soft(text),
  reasoning: flag,
  thinkingLevelMap: soft(z.partialRecord(z.enum(LEVELS), z.union([text, z.null()]))),
  input: soft(z.array(z.enum(["text", "image"]))),
  contextWindow: soft(z.number().positive()),
  maxTokens: soft(z.number().positive()),
  headers,
  compat,
};
const Model = z.object({ id: text, api: soft(text), baseUrl: address, cost: soft(price), ...tuning });
const Override = z.object({ cost: soft(price.partial()), ...tuning });

/** One provider of models.json. */
export const ModelsEntry = z.object({
  name: soft(text),
  baseUrl: address,
  api: soft(text),
  authHeader: flag,
  headers,
  compat,
  models: each(Model),
  modelOverrides: soft(z.record(text, soft(Override)).transform(present)),
});
export type ModelsEntry = z.infer<typeof ModelsEntry>;

export const ModelsFile = z.object({ providers: z.record(z.string(), z.unknown()) });

/** What is of another type is absent. */
function soft<Schema extends z.ZodType>(schema: Schema) {
  return schema.optional().catch(undefined);
}

/** Those of a list that are as they must be. */
function each<Schema extends z.ZodType>(schema: Schema) {
  return soft(
    z.array(z.unknown()).transform((members) =>
      members.flatMap((member) => {
        const parsed = schema.safeParse(member);
        return parsed.success ? [parsed.data] : [];
      }),
    ),
  );
}

/** Without members that stand for nothing: they would be none in the file. */
function present<Value>(members: Readonly<Record<string, Value | undefined>>): Record<string, Value | undefined> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

/** Pi runs a value that begins with `!` as a command. */
function isPlain(name: string, value: string): boolean {
  return PLAIN_HEADERS.has(name.toLowerCase()) && /^(?!!)[ -~]{1,200}$/.test(value);
}
