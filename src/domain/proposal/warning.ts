// One thing that the operator should think twice about.

export type WarningCode =
  | "new-credential"
  | "wildcard"
  | "ip-literal"
  | "internal-name"
  | "look-alike"
  | "foreign-letters"
  | "new-host"
  | "any-path"
  | "any-method"
  | "secret-leaves"
  | "own-secret"
  | "every-value"
  | "base-image"
  | "foreign-frontend"
  | "build-network"
  | "build-privileges"
  | "download"
  | "other-image"
  | "root-user"
  | "planted-secret"
  | "long-line";

export interface Warning {
  readonly code: WarningCode;
  /** danger: a trap or a wide door. note: worth knowing, and common. */
  readonly severity: "danger" | "note";
  /** One sentence. */
  readonly text: string;
}

export function danger(code: WarningCode, text: string): Warning {
  return { code, severity: "danger", text };
}

export function note(code: WarningCode, text: string): Warning {
  return { code, severity: "note", text };
}
