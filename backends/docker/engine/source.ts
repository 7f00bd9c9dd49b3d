// Where a daemon is looked for.

export type DaemonSource =
  /** DOCKER_HOST, else DOCKER_CONTEXT or the current docker context, else the usual socket. */
  | { readonly kind: "environment" }
  /** unix://, tcp://, http://, https:// or ssh://. */
  | { readonly kind: "url"; readonly url: string }
  /** A docker context by name (`docker context ls`). */
  | { readonly kind: "context"; readonly context: string };
