// The name of a backend as people write it: `local`, `docker`, or `docker:<host>` for a further daemon.

export const BACKEND_NAME = /^[a-z][a-z0-9-]*(?::[A-Za-z0-9][A-Za-z0-9_.-]*)?$/;
export const BACKEND_RULE = "must be the name of a backend, such as local, docker or docker:<host>";
