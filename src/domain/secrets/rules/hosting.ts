// Hosting, and what keeps secrets for others.

import { isPlaceholder } from "../checks/placeholder.ts";
import { entropy, hasDigitAndLetter, isMixed } from "../checks/randomness.ts";
import type { SecretRule } from "../rule.ts";
import { assigned, UUID, WORD, WORD_OR_LINE } from "./writing.ts";

const placeRules: readonly SecretRule[] = [
  {
    id: "digitalocean-token",
    title: "DigitalOcean access token",
    patterns: ["do[opr]_v1_[a-f0-9]{64}"],
    notBefore: WORD,
  },
  {
    id: "heroku-key",
    title: "Heroku API key",
    patterns: [`HRKU-${UUID}`, "HRKU-AA[A-Za-z0-9_-]{58}", ...assigned(["heroku"], UUID)],
    notBefore: WORD,
  },
  {
    id: "cloudflare-token",
    title: "Cloudflare API token",
    patterns: [
      "cfut_[A-Za-z0-9]{40}[a-fA-F0-9]{8}",
      "cfat_[A-Za-z0-9]{40}[a-fA-F0-9]{8}",
      "cfk_[A-Za-z0-9]{40}[a-fA-F0-9]{8}",
    ],
  },
  {
    id: "cloudflare-legacy-token",
    title: "Cloudflare API token or key",
    patterns: assigned(["cloudflare", "cf-api"], "[A-Za-z0-9_-]{37,45}"),
    notBefore: WORD_OR_LINE,
    accept: (value) => hasDigitAndLetter(value) && entropy(value) > 3.2 && !isPlaceholder(value),
  },
  {
    id: "cloudflare-origin-ca-key",
    title: "Cloudflare origin CA key",
    patterns: ["v1\\.0-[a-f0-9]{24}-[a-f0-9]{146}"],
  },
  {
    id: "fastly-token",
    title: "Fastly API token",
    patterns: assigned(["fastly"], "[A-Za-z0-9_-]{32}"),
    notBefore: WORD_OR_LINE,
    accept: isMixed,
  },
  { id: "netlify-token", title: "Netlify access token", patterns: ["nfp_[A-Za-z0-9]{36}"], notBefore: WORD },
  {
    id: "vercel-token",
    title: "Vercel token",
    patterns: ["vc[piark]_[A-Za-z0-9_-]{50}[A-Za-z0-9]{6}"],
    notAfter: WORD,
  },
  {
    id: "vercel-legacy-token",
    title: "Vercel access token",
    patterns: assigned(["vercel"], "[A-Za-z0-9]{24}"),
    notBefore: WORD_OR_LINE,
    accept: isMixed,
  },
  {
    id: "fly-token",
    title: "Fly.io access token",
    patterns: ["fo1_[A-Za-z0-9_-]{43}", "fm2_[A-Za-z0-9+/]{100,600}={0,3}", "fm1[ar]_[A-Za-z0-9+/]{100,600}={0,3}"],
    notAfter: WORD,
  },
  {
    id: "planetscale-credential",
    title: "PlanetScale token or password",
    patterns: [
      "pscale_tkn_[A-Za-z0-9_=.-]{32,64}",
      "pscale_oauth_[A-Za-z0-9_=.-]{32,64}",
      "pscale_pw_[A-Za-z0-9_=.-]{32,64}",
    ],
  },
  {
    id: "supabase-key",
    title: "Supabase secret key",
    patterns: ["sb_secret_[A-Za-z0-9_-]{30,48}", "sbp_[a-f0-9]{40}", "sbp_oauth_[a-f0-9]{40}"],
  },
  { id: "neon-key", title: "Neon API key", patterns: ["napi_[a-z0-9]{64}"], notBefore: WORD },
  {
    id: "render-key",
    title: "Render API key",
    patterns: ["rnd_[A-Za-z0-9]{32}"],
    notAfter: WORD,
    notBefore: WORD,
    accept: isMixed,
  },
  {
    id: "alibaba-key-id",
    title: "Alibaba Cloud access key id",
    patterns: ["LTAI[A-Za-z0-9]{17,21}"],
    notAfter: "[A-Za-z0-9+/]",
    notBefore: "[A-Za-z0-9+/]",
    accept: isMixed,
  },
  {
    id: "tencent-key-id",
    title: "Tencent Cloud secret id",
    patterns: ["AKID[A-Za-z0-9]{32}"],
    notAfter: "[A-Za-z0-9+/]",
    notBefore: "[A-Za-z0-9+/]",
    accept: isMixed,
  },
  {
    id: "scaleway-key",
    title: "Scaleway secret key",
    patterns: assigned(["scw-secret", "scaleway"], UUID),
    notBefore: WORD,
  },
  { id: "tailscale-key", title: "Tailscale key", patterns: ["tskey-[a-z]{3,8}-[A-Za-z0-9]{8,20}-[A-Za-z0-9]{16,64}"] },
];

const vaultRules: readonly SecretRule[] = [
  {
    id: "vault-token",
    title: "HashiCorp Vault token",
    patterns: ["hv[sbr]\\.[A-Za-z0-9_-]{24,400}"],
    notAfter: WORD,
    accept: (value) => isMixed(value) && !isPlaceholder(value),
  },
  {
    id: "terraform-cloud-token",
    title: "HCP Terraform token",
    patterns: ["[A-Za-z0-9]{14}\\.atlasv1\\.[A-Za-z0-9_=-]{60,70}"],
    notAfter: WORD,
  },
  {
    id: "doppler-token",
    title: "Doppler token",
    patterns: [
      "dp\\.[cps]t\\.[A-Za-z0-9_.-]{40,64}",
      "dp\\.sa\\.[A-Za-z0-9]{40,44}",
      "dp\\.scim\\.[A-Za-z0-9]{40,44}",
      "dp\\.audit\\.[A-Za-z0-9]{40,44}",
    ],
    notAfter: WORD,
    accept: (value) => isMixed(value) && !isPlaceholder(value),
  },
  { id: "pulumi-token", title: "Pulumi access token", patterns: ["pul-[a-f0-9]{40}"], notAfter: WORD, notBefore: WORD },
  {
    id: "databricks-token",
    title: "Databricks access token",
    patterns: ["dapi[a-f0-9]{32}"],
    notAfter: WORD,
    notBefore: WORD,
  },
  {
    id: "onepassword-token",
    title: "1Password service account token",
    patterns: ["ops_eyJ[A-Za-z0-9+/=_-]{100,800}"],
  },
  {
    id: "infisical-token",
    title: "Infisical service token",
    patterns: ["st\\.[a-f0-9]{24}\\.[a-f0-9]{32}\\.[a-f0-9]{32}"],
    notAfter: WORD,
  },
  {
    id: "openshift-token",
    title: "OpenShift access token",
    patterns: ["sha256~[A-Za-z0-9_-]{43}"],
    notBefore: WORD_OR_LINE,
  },
];

export const hostingRules: readonly SecretRule[] = [...placeRules, ...vaultRules];
