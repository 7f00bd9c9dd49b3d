// Values that stand for a secret in documents, templates and tests, and are none.

const WORDS =
  /example|EXAMPLE|Example|placeholder|PLACEHOLDER|change[-_]?me|CHANGE[-_]?ME|REDACTED|redacted|xxxx|XXXX|\*\*\*|\.\.\.|0{12}|(?:^|[-_])(?:your|YOUR|fake|FAKE|dummy|DUMMY|sample|SAMPLE|insert|INSERT|replace|REPLACE)[-_]/;
const TEMPLATE = /^\$|^<|>$|[{}]|^%\w+%$|^process\.|^os\.|^env\b/;

/** Of the whole value: `ghp_xxxxxxxx`, `AKIAIOSFODNN7EXAMPLE`, `${TOKEN}`. */
export function isPlaceholder(value: string): boolean {
  return WORDS.test(value) || TEMPLATE.test(value) || distinct(value) < Math.min(8, value.length / 3);
}

const last = new Float64Array(256);
let round = 0;

/** How many different characters. */
function distinct(value: string): number {
  round += 1;
  let count = 0;
  for (let at = 0; at < value.length; at += 1) {
    const char = value.charCodeAt(at) & 0xff;
    if (last[char] !== round) count += 1;
    last[char] = round;
  }
  return count;
}

const PASSWORDS: ReadonlySet<string> = new Set(
  (
    "password passwd passw0rd pass pw pwd secret mysecret mypassword mysecretpassword topsecret changeme changeit postgres " +
    "postgresql mysql mariadb mongo mongodb redis rabbitmq root toor admin administrator user username test testing tester " +
    "guest example default foobar foo bar baz qux letmein hunter2 docker localhost 123456 12345678 1234 12345 abc123 qwerty " +
    "db_password dbpassword db_pass dbpass your_password yourpassword token apikey api_key key x-oauth-basic sa"
  ).split(" "),
);

/** Words that examples use as passwords, and what a program or a shell puts a password in place of. */
export function isPasswordPlaceholder(value: string): boolean {
  const plain = value.toLowerCase();
  return (
    PASSWORDS.has(plain) ||
    /^[$%<{[*#:]|[<>{}*]|^\W+$|^(.)\1*$/.test(value) ||
    /^(?:your|my|the|some|db|super)?[-_]?(?:secret|pass(?:word|wd)?|pwd|token|key)[-_]?\d{0,3}$/.test(plain) ||
    WORDS.test(value)
  );
}
