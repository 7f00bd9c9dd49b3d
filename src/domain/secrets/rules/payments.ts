// Payments and shops.

import { isPlaceholder } from "../checks/placeholder.ts";
import { isMixed } from "../checks/randomness.ts";
import type { SecretRule } from "../rule.ts";
import { assigned, BASE64, UUID, WORD, WORD_OR_LINE } from "./writing.ts";

const stripe = (id: string, title: string, prefix: string): SecretRule => ({
  id,
  title,
  patterns: [`${prefix}_[A-Za-z0-9]{20,240}`],
});

export const paymentRules: readonly SecretRule[] = [
  stripe("stripe-secret-key", "Stripe secret key", "sk_live"),
  stripe("stripe-restricted-key", "Stripe restricted key", "rk_live"),
  stripe("stripe-organization-key", "Stripe organization key", "sk_org_live"),
  { ...stripe("stripe-test-key", "Stripe test key", "sk_test"), severity: "warn" },
  {
    id: "stripe-webhook-secret",
    title: "Stripe webhook signing secret",
    patterns: ["whsec_[A-Za-z0-9+/]{32,80}={0,2}"],
  },
  {
    id: "square-access-token",
    title: "Square access token",
    patterns: ["sq0atp-[A-Za-z0-9_-]{22}", "EAAA[A-Za-z0-9_-]{60}"],
    notAfter: BASE64,
    notBefore: BASE64,
    accept: (value) => isMixed(value) && !isPlaceholder(value),
  },
  {
    id: "square-secret",
    title: "Square application secret",
    patterns: ["sq0csp-[A-Za-z0-9_-]{43}"],
    notBefore: WORD_OR_LINE,
  },
  {
    id: "braintree-access-token",
    title: "Braintree access token",
    patterns: ["access_token\\$production\\$[a-z0-9]{16}\\$[a-f0-9]{32}"],
  },
  {
    id: "paypal-client-secret",
    title: "PayPal client secret",
    patterns: assigned(["paypal"], "E[A-Za-z0-9_-]{79}"),
    notBefore: WORD_OR_LINE,
  },
  { id: "plaid-access-token", title: "Plaid access token", patterns: [`access-production-${UUID}`] },
  { id: "razorpay-key", title: "Razorpay live key", patterns: ["rzp_live_[A-Za-z0-9]{14}"], notBefore: WORD },
  {
    id: "mollie-key",
    title: "Mollie API key",
    patterns: ["live_[A-Za-z0-9]{30}"],
    notAfter: "[A-Za-z0-9_]",
    notBefore: WORD_OR_LINE,
    accept: (value) => isMixed(value) && !isPlaceholder(value),
  },
  { id: "flutterwave-key", title: "Flutterwave secret key", patterns: ["FLWSECK-[a-z0-9]{32,40}-X"] },
  {
    id: "shopify-token",
    title: "Shopify access token",
    patterns: ["shp[acsu]t_[a-fA-F0-9]{32}", "shp[cp]a_[a-fA-F0-9]{32}", "shpss_[a-fA-F0-9]{32}"],
    notBefore: WORD,
  },
];
