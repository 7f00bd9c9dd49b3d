// The variables that a definition gives its agent: written out, asked for at launch, or taken from the operator.

import * as z from "zod";

import { BottleError } from "#domain/bottle-error.ts";

export const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

export type EnvValue =
  | { readonly kind: "literal"; readonly value: string }
  /** `?text`: asked at launch; never echoed. */
  | { readonly kind: "prompt"; readonly prompt: string }
  /** `${NAME}`: the operator's own variable. */
  | { readonly kind: "host"; readonly variable: string };

export type EnvValues = Readonly<Record<string, EnvValue>>;

export interface Question {
  readonly name: string;
  readonly prompt: string;
}

const variable = z.string().regex(VARIABLE, "must be a variable name: letters, digits and _, no digit first");
// Never in a message: a value may be a secret.
const value = z
  .string({ error: 'must be text; for nothing write ""' })
  .refine((text) => !text.includes("\u0000"), "must not have a NUL character");

export const EnvKeys = z.record(variable, value.transform(envValue)).nullable();

/** What the text of a variable's value means. */
function envValue(text: string): EnvValue {
  if (text.startsWith("?")) return { kind: "prompt", prompt: text.slice(1).trim() };
  const host = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/.exec(text)?.[1];
  return host === undefined ? { kind: "literal", value: text } : { kind: "host", variable: host };
}

/**
 * The agent's variables, and what must still be asked: a `?prompt` without an answer is in `questions` and not in `env`.
 * Throws `invalid` naming every variable of the operator's that is not set.
 */
export function readEnv(
  values: EnvValues,
  hostEnv: Readonly<Record<string, string | undefined>>,
  answers: Readonly<Record<string, string>>,
): { env: Record<string, string>; questions: Question[] } {
  const env: Record<string, string> = {};
  const questions: Question[] = [];
  const unset: string[] = [];
  for (const [name, wanted] of Object.entries(values)) {
    switch (wanted.kind) {
      case "literal":
        env[name] = wanted.value;
        break;
      case "prompt": {
        const answer = own(answers, name);
        if (answer === undefined) questions.push({ name, prompt: wanted.prompt === "" ? name : wanted.prompt });
        else env[name] = answer;
        break;
      }
      case "host": {
        const taken = own(hostEnv, wanted.variable);
        if (taken === undefined) unset.push(`${wanted.variable} (for ${name})`);
        else env[name] = taken;
        break;
      }
    }
  }
  if (unset.length > 0) throw unsetError(unset);
  return { env, questions };
}

/** A variable may be called `constructor`. */
export function own(env: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  return Object.hasOwn(env, name) ? env[name] : undefined;
}

function unsetError(unset: readonly string[]): BottleError {
  return new BottleError("invalid", `not set in your environment: ${unset.join(", ")}`, {
    where: "env",
    hint: "export it before the launch, or change the definition",
  });
}
