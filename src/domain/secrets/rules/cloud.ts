// The three large clouds and their metadata services.

import { isPlaceholder } from "../checks/placeholder.ts";
import { entropy, isMixed } from "../checks/randomness.ts";
import type { SecretRule } from "../rule.ts";
import { assigned, UUID, WORD, WORD_OR_LINE } from "./writing.ts";

const AWS_SECRET = "[A-Za-z0-9/+]{40}";
const looksLikeAwsSecret = (value: string): boolean =>
  isMixed(value) && entropy(value) > 4 && !value.includes("EXAMPLE") && !isPlaceholder(value);

const awsRules: readonly SecretRule[] = [
  {
    id: "aws-access-key-id",
    title: "AWS access key id",
    patterns: ["AKIA[A-Z2-7]{16}", "ABIA[A-Z2-7]{16}"],
    notAfter: "[A-Za-z0-9+/]",
    notBefore: "[A-Za-z0-9+/]",
  },
  {
    id: "aws-temporary-key-id",
    title: "AWS temporary access key id",
    patterns: ["ASIA[A-Z2-7]{16}"],
    notAfter: "[A-Za-z0-9+/]",
    notBefore: "[A-Za-z0-9+/]",
  },
  {
    id: "aws-secret-access-key",
    title: "AWS secret access key",
    patterns: [
      ...assigned(["secret_access_key", "aws-secret", "awssecret"], AWS_SECRET),
      `AKIA[A-Z2-7]{16}["'\\\\\\s,;:|]{1,8}(${AWS_SECRET})`,
    ],
    notBefore: "[A-Za-z0-9/+=]",
    accept: looksLikeAwsSecret,
  },
  {
    id: "aws-session-token",
    title: "AWS session token",
    patterns: [
      "FwoGZXIvYXdz[A-Za-z0-9/+=]{80,600}",
      "FQoGZXIvYXdz[A-Za-z0-9/+=]{80,600}",
      "IQoJb3JpZ2lu[A-Za-z0-9/+=]{80,600}",
    ],
  },
  {
    id: "aws-bedrock-key",
    title: "Amazon Bedrock API key",
    patterns: ["ABSK[A-Za-z0-9+/]{100,280}={0,2}", "bedrock-api-key-[A-Za-z0-9+/=]{40,600}"],
    notAfter: "[A-Za-z0-9+/]",
  },
  { id: "aws-mws-key", title: "Amazon MWS auth token", patterns: [`amzn\\.mws\\.${UUID}`] },
];

const googleRules: readonly SecretRule[] = [
  {
    id: "gcp-api-key",
    title: "Google API key",
    patterns: ["AIza[A-Za-z0-9_-]{35}"],
    notAfter: WORD,
    notBefore: WORD_OR_LINE,
  },
  {
    id: "gcp-service-account-key",
    title: "Google Cloud service account key",
    patterns: [
      '"private_key_id\\\\?"\\s{0,4}:\\s{0,4}\\\\?"[a-f0-9]{40}\\\\?",[\\s\\\\nrt]{0,16}"private_key\\\\?"\\s{0,4}:\\s{0,4}\\\\?"(-----BEGIN PRIVATE KEY-----[A-Za-z0-9+/=\\s\\\\]{64,600})',
    ],
    accept: (value) => ({ start: 0, end: value.length, partial: true }),
  },
  { id: "gcp-access-token", title: "Google OAuth access token", patterns: ["ya29\\.[A-Za-z0-9_-]{20,400}"] },
  {
    id: "gcp-client-secret",
    title: "Google OAuth client secret",
    patterns: ["GOCSPX-[A-Za-z0-9_-]{28}"],
    notBefore: WORD_OR_LINE,
  },
  {
    id: "gcp-refresh-token",
    title: "Google OAuth refresh token",
    patterns: ["1//0[A-Za-z0-9_-]{50,200}"],
    notAfter: "[A-Za-z0-9/+]",
    accept: isMixed,
  },
];

const azureRules: readonly SecretRule[] = [
  {
    id: "azure-storage-key",
    title: "Azure storage account key",
    patterns: [
      "AccountKey=([A-Za-z0-9+/]{86}==)",
      ...assigned(["storage_account_key", "storage_key"], "[A-Za-z0-9+/]{86}=="),
    ],
  },
  {
    id: "azure-sas-token",
    title: "Azure shared access signature",
    patterns: ["[?&;]sig=([A-Za-z0-9+/%]{43,72}=?)"],
    accept: (value) => /(?:=|%3[dD])$/.test(value) && isMixed(value),
  },
  {
    id: "azure-shared-access-key",
    title: "Azure Service Bus or Event Hub key",
    patterns: ["SharedAccessKey=([A-Za-z0-9+/]{43}=)"],
  },
  {
    id: "azure-client-secret",
    title: "Microsoft Entra client secret",
    patterns: ["[A-Za-z0-9_~.]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}"],
    notAfter: WORD,
    notBefore: "[A-Za-z0-9_~-]",
  },
  {
    id: "azure-devops-pat",
    title: "Azure DevOps personal access token",
    patterns: ["[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}"],
    notAfter: WORD,
    notBefore: WORD,
  },
  {
    id: "azure-ai-key",
    title: "Azure AI services key",
    patterns: ["[A-Za-z0-9]{52}JQQJ9[A-Za-z0-9]{27}"],
    notAfter: WORD,
    notBefore: WORD,
  },
  {
    id: "azure-container-registry-key",
    title: "Azure container registry password",
    patterns: ["[A-Za-z0-9+/]{42}\\+ACR[A-Za-z0-9]{6}"],
    notAfter: "[A-Za-z0-9+/]",
    notBefore: "[A-Za-z0-9+/]",
    accept: isMixed,
  },
  {
    id: "azure-function-key",
    title: "Azure Functions key",
    patterns: ["[A-Za-z0-9_-]{44}AzFu[A-Za-z0-9_-]{5,8}={0,2}"],
    notAfter: WORD_OR_LINE,
    notBefore: "[A-Za-z0-9_=-]",
    accept: isMixed,
  },
];

export const cloudRules: readonly SecretRule[] = [...awsRules, ...googleRules, ...azureRules];
