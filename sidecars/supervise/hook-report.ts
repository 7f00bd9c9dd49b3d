// A hook that can only post its own words to an address (Claude Code's type "http"): the address says what they mean.
//   POST /state?state=waiting&event=PermissionRequest&words=asks%20to%20use&detail=tool_name
// The detail is `words`, then what stands at the path `detail` of the hook's JSON, where there is a text.

/** The body of a report; the request's own where its address says nothing. `body`: undefined when it was too large to be kept. */
export function reportOf(url: string, body: string | undefined): string | undefined {
  const query = new URLSearchParams(url.slice(url.indexOf("?") + 1));
  const state = url.includes("?") ? query.get("state") : null;
  if (state === null) return body;
  const path = query.get("detail");
  const found = path === null || body === undefined ? "" : textAt(body, path);
  const detail = [query.get("words") ?? "", found].filter((part) => part !== "").join(" ");
  return JSON.stringify({ state, detail, event: query.get("event") ?? "" });
}

/** Empty where there is no text: the state counts all the same. */
function textAt(body: string, path: string): string {
  try {
    const found = path.split(".").reduce<unknown>((at, step) => member(at, step), JSON.parse(body));
    return typeof found === "string" ? found : "";
  } catch {
    return "";
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}
