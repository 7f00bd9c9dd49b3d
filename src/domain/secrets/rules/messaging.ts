// Chat, mail and telephony.

import { decodeBase64 } from "../checks/base64.ts";
import { isPlaceholder } from "../checks/placeholder.ts";
import { isMixed } from "../checks/randomness.ts";
import type { SecretRule } from "../rule.ts";
import { assigned, BASE64, UUID, WORD, WORD_OR_LINE } from "./writing.ts";

export const messagingRules: readonly SecretRule[] = [
  { id: "slack-bot-token", title: "Slack bot token", patterns: ["xoxb-[0-9]{9,14}-[A-Za-z0-9-]{20,60}"] },
  {
    id: "slack-user-token",
    title: "Slack user token",
    patterns: ["xox[pars]-[0-9]{9,14}-[0-9]{9,14}-[A-Za-z0-9-]{20,90}"],
  },
  { id: "slack-session-token", title: "Slack session token", patterns: ["xox[cd]-[A-Za-z0-9%/+=-]{40,400}"] },
  {
    id: "slack-config-token",
    title: "Slack configuration token",
    patterns: ["xoxe\\.xox[bp]-[0-9]-[A-Za-z0-9]{100,240}", "xoxe-[0-9]-[A-Za-z0-9]{100,240}"],
  },
  {
    id: "slack-app-token",
    title: "Slack app token",
    patterns: ["xapp-[0-9]-[A-Z0-9]{8,14}-[0-9]{9,14}-[a-f0-9]{60,68}"],
  },
  {
    id: "slack-webhook",
    title: "Slack webhook",
    patterns: [
      "hooks\\.slack\\.com/services/T[A-Z0-9]{7,12}/B[A-Z0-9]{7,12}/[A-Za-z0-9]{20,28}",
      "hooks\\.slack\\.com/triggers/[A-Z0-9]{8,14}/[0-9]{8,16}/[a-f0-9]{24,40}",
      "hooks\\.slack\\.com/workflows/[A-Z0-9]{8,14}/[A-Z0-9]{8,14}/[0-9]{15,20}/[A-Za-z0-9]{20,28}",
    ],
    // Slack's own example: T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX.
    accept: (value) => !value.includes("T00000000") && !/X{8}/.test(value),
  },
  {
    id: "discord-bot-token",
    title: "Discord bot token",
    patterns: ["[MNO][TDjz][AEIMQUYcgk][w-z0-5][A-Za-z0-9_-]{20,24}\\.[A-Za-z0-9_-]{6}\\.[A-Za-z0-9_-]{27,40}"],
    notAfter: BASE64,
    notBefore: WORD,
    // The first part is the account's number.
    accept: (value) => /^\d{15,21}$/.test(decodeBase64(value)),
  },
  {
    id: "discord-webhook",
    title: "Discord webhook",
    patterns: [
      "discord\\.com/api/webhooks/[0-9]{17,20}/[A-Za-z0-9_-]{60,72}",
      "discordapp\\.com/api/webhooks/[0-9]{17,20}/[A-Za-z0-9_-]{60,72}",
    ],
  },
  {
    id: "telegram-bot-token",
    title: "Telegram bot token",
    patterns: ["[0-9]{8}:AA[A-Za-z0-9_-]{33}"],
    notBefore: WORD_OR_LINE,
  },
  {
    id: "teams-webhook",
    title: "Microsoft Teams webhook",
    patterns: [`webhook\\.office\\.com/webhookb2/${UUID}@${UUID}/IncomingWebhook/[a-f0-9]{32}/${UUID}`],
  },
  {
    id: "twilio-key-sid",
    title: "Twilio API key SID",
    severity: "warn",
    patterns: ["SK[a-f0-9]{32}"],
    notAfter: WORD,
    notBefore: WORD,
  },
  {
    id: "twilio-auth-token",
    title: "Twilio auth token",
    patterns: assigned(["twilio_auth_token", "twilio_token", "twilio_secret", "twilio_api_secret"], "[A-Za-z0-9]{32}"),
    notBefore: WORD,
  },
  {
    id: "sendgrid-key",
    title: "SendGrid API key",
    patterns: ["SG\\.[A-Za-z0-9_-]{22}\\.[A-Za-z0-9_-]{43}"],
    notAfter: WORD,
    notBefore: WORD_OR_LINE,
  },
  {
    id: "mailgun-key",
    title: "Mailgun API key",
    patterns: ["key-[a-f0-9]{32}", ...assigned(["mailgun"], "[a-f0-9]{32}-[a-f0-9]{8}-[a-f0-9]{8}")],
    notAfter: WORD_OR_LINE,
    notBefore: WORD_OR_LINE,
  },
  {
    id: "mailchimp-key",
    title: "Mailchimp API key",
    patterns: ["[a-f0-9]{32}-us[0-9]{1,2}"],
    notAfter: WORD,
    notBefore: WORD,
  },
  {
    id: "mandrill-key",
    title: "Mandrill API key",
    patterns: assigned(["mandrill"], "[A-Za-z0-9_-]{22}"),
    notBefore: WORD_OR_LINE,
    accept: isMixed,
  },
  { id: "postmark-token", title: "Postmark server token", patterns: assigned(["postmark"], UUID), notBefore: WORD },
  {
    id: "brevo-key",
    title: "Brevo API key",
    patterns: ["xkeysib-[a-f0-9]{64}-[A-Za-z0-9]{16}", "xsmtpsib-[a-f0-9]{64}-[A-Za-z0-9]{16}"],
  },
  {
    id: "resend-key",
    title: "Resend API key",
    patterns: ["re_[A-Za-z0-9]{8}_[A-Za-z0-9]{24}"],
    notAfter: "[A-Za-z0-9_]",
    notBefore: "[A-Za-z0-9_]",
    accept: (value) => isMixed(value) && !isPlaceholder(value),
  },
  {
    id: "facebook-access-token",
    title: "Facebook access token",
    patterns: ["EAA[A-Z][A-Za-z0-9]{90,300}"],
    notAfter: BASE64,
    notBefore: BASE64,
    accept: isMixed,
  },
];
