// Services that teams work with: trackers, documents, monitoring, files.

import { isPlaceholder } from "../checks/placeholder.ts";
import { entropy, isMixed } from "../checks/randomness.ts";
import type { SecretRule } from "../rule.ts";
import { assigned, UUID, WORD, WORD_OR_LINE } from "./writing.ts";

const mixed = (value: string): boolean => isMixed(value) && !isPlaceholder(value);

const workRules: readonly SecretRule[] = [
  {
    id: "linear-key",
    title: "Linear API key",
    patterns: ["lin_api_[A-Za-z0-9]{40}", "lin_oauth_[a-f0-9]{64}"],
    notBefore: WORD,
  },
  {
    id: "notion-token",
    title: "Notion integration token",
    patterns: ["ntn_[A-Za-z0-9]{46}", "secret_[A-Za-z0-9]{43}"],
    notAfter: "[A-Za-z0-9_]",
    notBefore: WORD,
    accept: mixed,
  },
  {
    id: "figma-token",
    title: "Figma access token",
    patterns: ["fig[dou]_[A-Za-z0-9_-]{40,48}"],
    notAfter: WORD,
    accept: mixed,
  },
  { id: "atlassian-token", title: "Atlassian API token", patterns: ["ATATT3xFf[A-Za-z0-9_=-]{80,240}"] },
  {
    id: "airtable-pat",
    title: "Airtable personal access token",
    patterns: ["pat[A-Za-z0-9]{14}\\.[a-f0-9]{64}"],
    notAfter: WORD,
    notBefore: WORD,
  },
  {
    id: "asana-pat",
    title: "Asana personal access token",
    patterns: ["[012]/[0-9]{13,17}:[a-f0-9]{32}", "2/[0-9]{13,17}/[0-9]{13,17}:[a-f0-9]{32}"],
    notAfter: WORD,
    notBefore: WORD,
  },
  {
    id: "dropbox-token",
    title: "Dropbox access token",
    patterns: ["sl\\.[A-Za-z0-9_-]{128,600}", "sl\\.u\\.[A-Za-z0-9_-]{128,600}"],
    notAfter: WORD,
    accept: mixed,
  },
  {
    id: "hubspot-token",
    title: "HubSpot private app token",
    patterns: [`pat-[a-z]{2}[0-9]-${UUID}`],
    notAfter: WORD,
    notBefore: WORD,
  },
  {
    id: "contentful-token",
    title: "Contentful management token",
    patterns: ["CFPAT-[A-Za-z0-9_-]{43}"],
    notBefore: WORD_OR_LINE,
  },
  { id: "postman-key", title: "Postman API key", patterns: ["PMAK-[a-f0-9]{24}-[a-f0-9]{34}"], notBefore: WORD },
  { id: "typeform-token", title: "Typeform access token", patterns: ["tfp_[A-Za-z0-9_.=-]{40,64}"], accept: mixed },
  {
    id: "mapbox-secret",
    title: "Mapbox secret token",
    patterns: ["sk\\.eyJ1[A-Za-z0-9_-]{40,120}\\.[A-Za-z0-9_-]{20,30}"],
  },
  {
    id: "okta-token",
    title: "Okta API token",
    patterns: ["SSWS (00[A-Za-z0-9_-]{40})", ...assigned(["okta"], "00[A-Za-z0-9_-]{40}")],
    notBefore: WORD_OR_LINE,
  },
  { id: "easypost-key", title: "EasyPost API key", patterns: ["EZAK[A-Za-z0-9]{54}"], notBefore: WORD, notAfter: WORD },
  { id: "shippo-key", title: "Shippo live token", patterns: ["shippo_live_[a-f0-9]{40}"], notBefore: WORD },
  { id: "readme-key", title: "ReadMe API key", patterns: ["rdme_[a-z0-9]{70}"], notBefore: WORD },
  {
    id: "prefect-key",
    title: "Prefect API key",
    patterns: ["pnu_[A-Za-z0-9]{36}"],
    notAfter: WORD,
    notBefore: WORD,
    accept: mixed,
  },
  {
    id: "launchdarkly-key",
    title: "LaunchDarkly SDK or API key",
    patterns: [`sdk-${UUID}`, `api-${UUID}`],
    notAfter: WORD_OR_LINE,
    notBefore: WORD_OR_LINE,
  },
  {
    id: "algolia-key",
    title: "Algolia admin key",
    patterns: assigned(["algolia_admin", "algolia_api", "algolia_key", "algolia_write"], "[a-f0-9]{32}"),
    notBefore: WORD,
  },
];

const monitoringRules: readonly SecretRule[] = [
  {
    id: "datadog-key",
    title: "Datadog API or application key",
    patterns: assigned(["datadog", "dd-api_key", "dd-app"], "[a-f0-9]{32,40}"),
    notBefore: WORD,
    accept: (value) => (value.length === 32 || value.length === 40) && entropy(value) > 2.5,
  },
  {
    id: "newrelic-key",
    title: "New Relic key",
    patterns: [
      "NRAK-[A-Z0-9]{27}",
      "NRII-[A-Za-z0-9_-]{32}",
      "NRAA-[a-f0-9]{27}",
      "[a-f0-9]{36}NRAL",
      "[a-f0-9]{36}FFFFNRAL",
    ],
    notAfter: WORD,
    notBefore: WORD,
  },
  {
    id: "sentry-token",
    title: "Sentry auth token",
    patterns: ["sntrys_eyJ[A-Za-z0-9+/=_-]{80,400}", "sntryu_[a-f0-9]{64}"],
  },
  {
    id: "grafana-token",
    title: "Grafana token",
    patterns: [
      "glsa_[A-Za-z0-9]{32}_[a-fA-F0-9]{8}",
      "glc_eyJ[A-Za-z0-9+/]{40,400}={0,2}",
      "eyJrIjoi[A-Za-z0-9+/]{60,160}={0,2}",
    ],
    notAfter: WORD,
  },
  {
    id: "pagerduty-key",
    title: "PagerDuty API key",
    patterns: assigned(["pagerduty", "pd-api", "pd-token"], "[A-Za-z0-9+_-]{20}"),
    notBefore: WORD_OR_LINE,
    accept: isMixed,
  },
  { id: "dynatrace-token", title: "Dynatrace API token", patterns: ["dt0[a-z][0-9]{2}\\.[A-Z0-9]{24}\\.[A-Z0-9]{64}"] },
  {
    id: "honeycomb-key",
    title: "Honeycomb ingest key",
    patterns: ["hc[a-z]ik_[a-z0-9]{58}", "hc[a-z]lk_[a-z0-9]{58}"],
  },
];

export const serviceRules: readonly SecretRule[] = [...workRules, ...monitoringRules];
