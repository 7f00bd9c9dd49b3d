import { describe, expect, test } from "vitest";

import { isSealed, seal, unseal } from "#lib/seed/seal.ts";

const KEY = "a key of the operator's, of any length";
const TEXT = '{"tokens": {"access_token": "at-1"}}';

describe("a sealed seed", () => {
  test("is the same text again with its key, and never twice the same file", async () => {
    const [one, other] = [await seal(TEXT, KEY), await seal(TEXT, KEY)];
    expect(await unseal(one, KEY, "seed")).toBe(TEXT);
    expect(one).not.toBe(other);
    expect(one).not.toContain("at-1");
    expect(isSealed(one)).toBe(true);
    expect(isSealed(TEXT)).toBe(false);
    expect(isSealed("{")).toBe(false);
  });

  test("says that the key is another one, without a value", async () => {
    const sealed = await seal(TEXT, KEY);
    await expect(unseal(sealed, "another key", "/seed")).rejects.toMatchObject({
      code: "invalid",
      where: "/seed",
      message: expect.stringContaining("the key is another one, or the file was changed"),
    });
  });

  test("notices every change of its header, its data and its tag", async () => {
    const sealed = JSON.parse(await seal(TEXT, KEY)) as Record<string, string | object>;
    const flip = (text: string): string => {
      const bytes = Buffer.from(text, "base64");
      bytes[0]! ^= 1;
      return bytes.toString("base64");
    };
    const { salt } = sealed["kdf"] as { salt: string };
    const changed = [
      ...["data", "tag", "nonce"].map((name) => ({ ...sealed, [name]: flip(sealed[name] as string) })),
      { ...sealed, kdf: { ...(sealed["kdf"] as object), salt: flip(salt) } },
      { ...sealed, version: 2 },
      { ...sealed, kdf: { ...(sealed["kdf"] as object), N: 2 } },
      {
        ...sealed,
        tag: Buffer.from(sealed["tag"] as string, "base64")
          .subarray(0, 4)
          .toString("base64"),
      },
      { ...sealed, more: 1 },
      { ...sealed, data: "" },
    ];
    for (const one of changed)
      // oxlint-disable-next-line no-await-in-loop -- each takes much memory
      await expect(unseal(JSON.stringify(one), KEY, "seed")).rejects.toMatchObject({ code: "invalid" });
  });
});
