// Private keys: PEM of every kind, PGP, PuTTY, age.

import { privateKeyIn } from "../checks/private-key.ts";
import type { SecretRule } from "../rule.ts";

/** Base64, line ends real or escaped, headers such as `Proc-Type: 4,ENCRYPTED`, and what source code puts around lines. */
const BODY = "[A-Za-z0-9+/=\\s\\\\\"'`:,.()>|#-]{48,900}";

const pem = (id: string, title: string, kind: string): SecretRule => ({
  id,
  title,
  patterns: [`-----BEGIN ${kind}-----${BODY}`],
  accept: privateKeyIn,
});

export const privateKeyRules: readonly SecretRule[] = [
  pem("private-key", "private key", "PRIVATE KEY"),
  pem("private-key-encrypted", "encrypted private key", "ENCRYPTED PRIVATE KEY"),
  pem("private-key-rsa", "RSA private key", "RSA PRIVATE KEY"),
  pem("private-key-ec", "elliptic curve private key", "EC PRIVATE KEY"),
  pem("private-key-dsa", "DSA private key", "DSA PRIVATE KEY"),
  pem("private-key-openssh", "OpenSSH private key", "OPENSSH PRIVATE KEY"),
  pem("private-key-any", "private key", "ANY PRIVATE KEY"),
  pem("private-key-pgp", "PGP private key", "PGP PRIVATE KEY BLOCK"),
  {
    id: "private-key-ssh2",
    title: "SSH2 private key",
    patterns: [`---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----${BODY}`],
    accept: privateKeyIn,
  },
  {
    id: "private-key-putty",
    title: "PuTTY private key",
    patterns: ["Private-Lines: [0-9]{1,3}[\\s\\\\]{1,6}([A-Za-z0-9+/=][A-Za-z0-9+/=\\s\\\\]{47,800})"],
    accept: (value) => ({ start: 0, end: value.length, partial: true }),
  },
  {
    id: "age-secret-key",
    title: "age secret key",
    patterns: [
      "AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}",
      "AGE-SECRET-KEY-PQ-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}",
    ],
  },
];
