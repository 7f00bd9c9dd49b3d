// Values that stand for a secret in documents, templates and tests, and are none.

const WORDS =
  /example|your|placeholder|changeme|change_me|replace|dummy|sample|fake|redacted|insert|todo|xxxx|\*\*\*|\.\.\./i;
const TEMPLATE = /^\$|^<|>$|[{}]|^%\w+%$/;

/** Of the whole value: `ghp_xxxxxxxx`, `AKIAIOSFODNN7EXAMPLE`, `${TOKEN}`. */
export function isPlaceholder(value: string): boolean {
  return WORDS.test(value) || TEMPLATE.test(value) || distinct(value) < Math.min(10, value.length / 2);
}

export function distinct(value: string): number {
  return new Set(value).size;
}
