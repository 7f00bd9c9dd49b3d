// Tokens of no vendor in particular: JSON Web Tokens and passwords in addresses.

import { isJsonWebToken } from "../checks/json-web-token.ts";
import { isPasswordPlaceholder } from "../checks/placeholder.ts";
import type { SecretRule } from "../rule.ts";

/** Up to the password and then the host; `/` would be past the host, `@` must be written as %40. */
const WITH_PASSWORD =
  "://[^\\s:/@\"'`<>\\\\?#]{0,80}:([^\\s:/@\"'`<>\\\\?#]{4,160})@[A-Za-z0-9\\[_.$][A-Za-z0-9._:-]{0,40}";

const address = (id: string, title: string, schemes: readonly string[]): SecretRule => ({
  id,
  title,
  patterns: schemes.map((scheme) => `${scheme}${WITH_PASSWORD}`),
  accept: (value, whole) => !isPasswordPlaceholder(value) && !OF_DOCUMENTS.test(whole()),
});

/** Hosts that belong to nobody (RFC 2606), and the user who has no password. */
const OF_DOCUMENTS =
  /@(?:[a-z0-9.-]+\.)?example(?:\.(?:com|org|net))?(?:$|[^\w.-])|@[^@]{0,40}\.(?:test|invalid|example)(?:$|:)|:\/\/anonymous:/i;

export const tokenRules: readonly SecretRule[] = [
  {
    id: "json-web-token",
    title: "JSON Web Token",
    patterns: ["eyJ[A-Za-z0-9_-]{10,320}\\.eyJ[A-Za-z0-9_-]{16,420}\\.?[A-Za-z0-9_-]{0,200}"],
    accept: isJsonWebToken,
  },
  address("postgres-url", "PostgreSQL address with a password", [
    "postgres",
    "postgresql",
    "postgresql\\+[a-z0-9]{2,10}",
    "cockroachdb",
  ]),
  address("mysql-url", "MySQL or MariaDB address with a password", [
    "mysql",
    "mysql\\+[a-z0-9]{2,12}",
    "mysql2",
    "mariadb",
  ]),
  address("mongodb-url", "MongoDB address with a password", ["mongodb", "mongodb\\+srv"]),
  address("redis-url", "Redis address with a password", ["redis", "rediss", "valkey"]),
  address("amqp-url", "AMQP address with a password", ["amqp", "amqps"]),
  address("database-url", "database address with a password", [
    "mssql",
    "sqlserver",
    "clickhouse",
    "couchdb",
    "neo4j",
    "neo4j\\+s",
    "bolt",
    "libsql",
    "influxdb",
    "elasticsearch",
    "nats",
    "kafka",
  ]),
  address("mail-url", "mail server address with a password", ["smtp", "smtps", "imap", "imaps"]),
  address("file-server-url", "file server address with a password", ["ftp", "ftps", "sftp", "ldap", "ldaps"]),
  address("http-basic-auth", "web address with a password", ["http", "https"]),
  {
    id: "ado-connection-string",
    title: "SQL connection string with a password",
    patterns: [
      "[uU]ser [iI][dD]\\s?=\\s?[^;\"'\\s]{1,64};\\s?[pP]assword\\s?=\\s?([^;\"'\\s]{4,128})",
      "[uU][iI][dD]=[^;\"'\\s]{1,64};\\s?[pP][wW][dD]=([^;\"'\\s]{4,128})",
    ],
    accept: (value) => !isPasswordPlaceholder(value),
  },
];
