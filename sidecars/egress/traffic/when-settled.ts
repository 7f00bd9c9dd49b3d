// What may be there at once is not waited for: a promise costs a request more than the work itself.

export function whenSettled<T>(value: T | Promise<T>, use: (value: T) => void, failed: (error: unknown) => void): void {
  if (value instanceof Promise) value.then(use).catch(failed);
  else use(value);
}
