// Secrets in a terminal's output, however it is cut, coloured and wrapped.

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { fingerprintOf } from "#lib/redact/fingerprint.ts";
import { newRedactor } from "#lib/redact/redactor.ts";

const KEY = Buffer.alloc(32, 7);
const TOKEN = "sk-ant-oat01-Zx9Kq2_LmN7pR4tV";
const ESC = "\u001b";

function redactorOf(secrets: Readonly<Record<string, string>>) {
  return newRedactor(
    Object.entries(secrets).flatMap(([name, value]) => fingerprintOf(name, value, KEY) ?? []),
    KEY,
  );
}
/** Through a redactor, in pieces of these lengths and the rest. */
function redact(
  secrets: Readonly<Record<string, string>>,
  text: string | Buffer,
  cuts: readonly number[] = [],
): string {
  const redactor = redactorOf(secrets);
  let rest = Buffer.from(text);
  const out: Buffer[] = [];
  for (const length of cuts) {
    out.push(redactor.push(rest.subarray(0, length)));
    rest = rest.subarray(length);
  }
  return Buffer.concat([...out, redactor.push(rest), redactor.flush()]).toString("utf8");
}

describe("a secret in a terminal's output is replaced by its name", () => {
  test.each([
    ["as it is", `before ${TOKEN} after`, "before [redacted TOKEN] after"],
    ["more than once", `${TOKEN}${TOKEN}`, "[redacted TOKEN][redacted TOKEN]"],
    [
      "with a colour in it, which stays",
      `${TOKEN.slice(0, 9)}${ESC}[1;31m${TOKEN.slice(9)}!`,
      `[redacted TOKEN]${ESC}[1;31m!`,
    ],
    ["wrapped by the program", `${TOKEN.slice(0, 12)}\r\n${TOKEN.slice(12)}.`, "[redacted TOKEN]\r\n."],
    [
      "wrapped by moving the cursor",
      `${TOKEN.slice(0, 12)}${ESC}[7;1H${TOKEN.slice(12)}.`,
      `[redacted TOKEN]${ESC}[7;1H.`,
    ],
    ["wrapped in a frame", `│ ${TOKEN.slice(0, 12)} │\r\n│ ${TOKEN.slice(12)}   │`, "│ [redacted TOKEN] │\r\n│    │"],
    ["in the title", `${ESC}]0;using ${TOKEN}\u0007done`, `${ESC}]0;using [redacted TOKEN]\u0007done`],
    [
      "around a title",
      `${TOKEN.slice(0, 9)}${ESC}]0;working\u0007${TOKEN.slice(9)}`,
      `[redacted TOKEN]${ESC}]0;working\u0007`,
    ],
    [
      "in a link's address",
      `${ESC}]8;;https://x/?t=${TOKEN}${ESC}\\x${ESC}]8;;${ESC}\\`,
      `${ESC}]8;;https://x/?t=[redacted TOKEN]${ESC}\\x${ESC}]8;;${ESC}\\`,
    ],
    ["after a beginning of itself", `${TOKEN.slice(0, 20)}${TOKEN}`, `${TOKEN.slice(0, 20)}[redacted TOKEN]`],
    ["with 8-bit controls in it", `${TOKEN.slice(0, 9)}\u009b1m${TOKEN.slice(9)}`, "[redacted TOKEN]\u009b1m"],
  ])("%s", (_, text, expected) => {
    expect(redact({ TOKEN }, text)).toBe(expected);
  });

  test("also of other scripts, and over lines of its own", () => {
    const key = "-----BEGIN KEY-----\nMIIEvQ“ü€”\nZZZZ\n-----END KEY-----";
    expect(redact({ KEY_OF_MINE: key }, `a ${key.replaceAll("\n", "\r\n")} b`)).toMatch(
      /^a \[redacted KEY_OF_MINE\][\s]*b$/,
    );
  });

  test("the longest where one stands in another, and the inner one where the outer does not come", () => {
    const secrets = { URL: `https://me:${TOKEN}@host.example`, TOKEN, START: TOKEN.slice(0, 12) };
    expect(redact(secrets, `${secrets.URL} `)).toBe("[redacted URL] ");
    expect(redact(secrets, `https://me:${TOKEN}@elsewhere.example/`)).toBe(
      "https://me:[redacted TOKEN]@elsewhere.example/",
    );
    expect(redact(secrets, `${secrets.START}and more than that, much more`)).toBe(
      "[redacted START]and more than that, much more",
    );
  });

  test("but not what is shorter than eight characters, nor what only begins like one", () => {
    expect(redact({ SHORT: "hunter2" }, "hunter2")).toBe("hunter2");
    expect(redact({ TOKEN }, `${TOKEN.slice(0, -1)}X`)).toBe(`${TOKEN.slice(0, -1)}X`);
  });
});

describe("what is held back", () => {
  test("is no more than could begin a secret", () => {
    const redactor = redactorOf({ TOKEN });
    expect(redactor.push(Buffer.from("a long line of ordinary text")).toString()).toBe("a long line of ordin");
    expect(redactor.held).toBe("little");
    expect(redactor.flush().toString()).toBe("ary text");
    expect(redactor.held).toBe("nothing");
    expect(redactor.push(Buffer.from(`now ${TOKEN.slice(0, 15)}`)).toString()).toBe("now ");
    expect(redactor.held).toBe("suspicious");
    expect(redactor.push(Buffer.from(`${TOKEN.slice(15)} and on it goes`)).toString()).toBe("[redacted TOKEN] and o");
  });

  test("loses only the rest of a secret whose beginning was let go", () => {
    const redactor = redactorOf({ TOKEN });
    const out = [redactor.push(Buffer.from(TOKEN.slice(0, 5))), redactor.flush()];
    out.push(redactor.push(Buffer.from(`${TOKEN.slice(5)} end`)), redactor.flush());
    expect(Buffer.concat(out).toString()).toBe(`${TOKEN.slice(0, 5)}[redacted TOKEN] end`);
  });

  test("is nothing where no secrets are", () => {
    const redactor = redactorOf({});
    expect(redactor.push(Buffer.from("$ ")).toString()).toBe("$ ");
    expect(redactor.held).toBe("nothing");
  });
});

const secret = fc
  .string({ unit: "grapheme-ascii", minLength: 8, maxLength: 40 })
  .filter((text) => text.replaceAll(" ", "").length >= 8);
const noise = fc.constantFrom(
  "",
  "\r\n",
  `${ESC}[1m`,
  `${ESC}[12;4H`,
  " ",
  `${ESC}[38;5;12m`,
  "│ ",
  `${ESC}]0;t\u0007`,
);
const text = fc.oneof(fc.string({ unit: "binary", maxLength: 60 }), fc.string({ maxLength: 60 }), noise);
const output = fc.record({
  secrets: fc.uniqueArray(secret, { minLength: 1, maxLength: 4 }),
  parts: fc.array(fc.oneof(text, fc.record({ of: fc.nat(3), between: fc.array(noise, { maxLength: 6 }) })), {
    maxLength: 12,
  }),
  cuts: fc.array(fc.nat(30), { maxLength: 20 }),
});
type Output = typeof output extends fc.Arbitrary<infer T> ? T : never;

function textOfParts({ secrets, parts }: Output): string {
  return parts
    .map((part) => {
      if (typeof part === "string") return part;
      const planted = secrets[part.of % secrets.length] as string;
      const step = Math.ceil(planted.length / (part.between.length + 1));
      return Array.from(
        { length: Math.ceil(planted.length / step) },
        (_, index) => `${planted.slice(index * step, (index + 1) * step)}${part.between[index] ?? ""}`,
      ).join("");
    })
    .join("");
}
const named = (secrets: readonly string[]) => Object.fromEntries(secrets.map((value, index) => [`S${index}`, value]));

describe("whatever the output", () => {
  test("it is the same however it is cut", () => {
    fc.assert(
      fc.property(output, (made) => {
        const whole = textOfParts(made);
        expect(redact(named(made.secrets), whole, made.cuts)).toBe(redact(named(made.secrets), whole));
      }),
    );
  });

  test("nothing planted survives", () => {
    fc.assert(
      fc.property(output, ({ secrets, parts, cuts }) => {
        const plain = parts.filter((part) => typeof part !== "string");
        const out = redact(named(secrets), textOfParts({ secrets, parts: plain, cuts }), cuts);
        // oxlint-disable-next-line no-control-regex -- what a terminal does not show
        const letters = out.replaceAll(/\u001b\[[0-9;]*[mH]|\u001b\][^\u0007]*\u0007|[\s│]/g, "");
        for (const each of secrets) expect(letters).not.toContain(each.replaceAll(/\s/g, ""));
      }),
    );
  });

  test("nothing else is changed", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 10 }), secret, (chunks, value) => {
        const redactor = redactorOf({ A: `${value}-and-what-no-output-has` });
        const out = [...chunks.map((chunk) => redactor.push(Buffer.from(chunk))), redactor.flush()];
        expect(Buffer.concat(out)).toEqual(Buffer.concat(chunks));
      }),
    );
  });
});

test("no more is held than a bound, whatever stands between the letters of a secret", () => {
  const redactor = redactorOf({ TOKEN });
  redactor.push(Buffer.from(TOKEN.slice(0, 20)));
  const blank = Buffer.alloc(65_536, "\n");
  const out = Array.from({ length: 32 }, () => redactor.push(blank).length).reduce((sum, length) => sum + length);
  expect(out).toBeGreaterThanOrEqual(31 * blank.length);
  expect(redactor.push(Buffer.from(`${TOKEN.slice(20)}!`)).toString()).not.toContain(TOKEN.slice(20));
});
