// What was asked for, folded so that it stays small whatever an agent does: the kinds of request on each host, how often
// and how often allowed. Pure.

import type { EgressRequest, EgressSeen, SeenRequest } from "#domain/egress/control.ts";
import { ALLOWLIST_HOST } from "#domain/egress/own-page.ts";
import { isRuleHost } from "#domain/egress/table.ts";

import { folderOf, foldPath } from "./fold-path.ts";

export type Asked = Pick<EgressRequest, "scheme" | "host" | "port" | "method" | "path" | "verdict" | "status">;

export interface Seen {
  note(asked: Asked, at: Date): void;
  read(): EgressSeen;
  /** Adds what an earlier run saw. */
  add(earlier: EgressSeen): void;
}

const UNREACHED = 502;
const MOST_KINDS = 500;
const MOST_OF_HOST = 40;
const MOST_LEFT_OUT = 1000;
const MOST_REMEMBERED = 500;

interface Kind {
  readonly method: string;
  readonly path: string;
  /** It stands for all that is in the folder; not one that was asked for by its name, such as an index. */
  readonly many: boolean;
  count: number;
  allowed: number;
  /** Of those: the answer was not the 502 of a server that is not there. */
  answered: number;
  last: number;
}

type Counts = Pick<Kind, "count" | "allowed" | "answered" | "last">;

/** Of one scheme, host and port. */
interface Place {
  readonly scheme: "http" | "https";
  readonly host: string;
  readonly port: number;
  readonly kinds: Map<string, Kind>;
}

export function openSeen(begun: Date): Seen {
  let since = begun.toISOString();
  let kinds = 0;
  let leftOutBefore = 0;
  const places = new Map<string, Place>();
  const leftOut = new Set<string>();
  /** What was asked for lately as it was written, so that the next of its kind costs one look. */
  const lately = new Map<string, Kind>();

  const isFull = (): boolean => kinds >= MOST_KINDS;
  const fold = (place: Place): boolean => {
    const before = place.kinds.size;
    const folded = foldWidest(place);
    kinds += place.kinds.size - before;
    lately.clear();
    return folded;
  };
  const put = (asked: Omit<Asked, "verdict" | "status">, many: boolean, add: Counts): Kind | undefined => {
    const { scheme, host, port, method, path } = asked;
    const placeKey = `${scheme} ${host}:${port}`;
    const place = places.get(placeKey) ?? { scheme, host, port, kinds: new Map<string, Kind>() };
    let known = covering(place, method, path);
    while (known === undefined && isFull() && place.kinds.size > 1 && fold(place))
      known = covering(place, method, path);
    if (known !== undefined) return merge(known, add);
    if (isFull()) {
      if (leftOut.size < MOST_LEFT_OUT) leftOut.add(`${placeKey} ${method} ${path}`);
      return undefined;
    }
    const made = { method, path, many, ...add };
    place.kinds.set(`${method} ${path}`, made);
    places.set(placeKey, place);
    kinds += 1;
    while (place.kinds.size > MOST_OF_HOST && fold(place)) {}
    return covering(place, method, path);
  };

  return {
    note({ scheme, host, port, method, path, verdict, status }, at) {
      const allowed = verdict === "allow" || verdict === "redact" ? 1 : 0;
      const add = { count: 1, allowed, answered: status === UNREACHED ? 0 : allowed, last: at.getTime() };
      const key = `${scheme} ${host}:${port} ${method} ${path}`;
      const known = lately.get(key);
      if (known !== undefined) return void merge(known, add);
      if (host === ALLOWLIST_HOST || method === "CONNECT") return; // neither is a request that a rule could name
      if (!isRuleHost(host) || !path.startsWith("/")) return;
      const folded = foldPath(path);
      const kind = put({ scheme, host, port, method, path: folded }, folded !== path, add);
      if (lately.size >= MOST_REMEMBERED) lately.clear();
      if (kind !== undefined) lately.set(key, kind);
    },
    read: () => ({ since, requests: requestsOf(places.values()), left_out: leftOutBefore + leftOut.size }),
    add(earlier) {
      if (earlier.since < since) since = earlier.since;
      leftOutBefore += earlier.left_out;
      for (const { count, allowed, answered = allowed, last_seen, ...asked } of earlier.requests)
        put(asked, asked.path.endsWith("/"), { count, allowed, answered, last: Date.parse(last_seen) });
    },
  };
}

/** Most asked for first. */
function requestsOf(places: Iterable<Place>): SeenRequest[] {
  return [...places]
    .flatMap(({ scheme, host, port, kinds }) =>
      [...kinds.values()].map(({ method, path, count, allowed, answered, last }) => {
        return { scheme, host, port, method, path, count, allowed, answered, last_seen: new Date(last).toISOString() };
      }),
    )
    .toSorted((one, other) => other.count - one.count);
}

/** Of this very path, or of the nearest folder above it that stands for many already. */
function covering({ kinds }: Place, method: string, path: string): Kind | undefined {
  const own = kinds.get(`${method} ${path}`);
  if (own !== undefined) return own;
  for (let folder = folderOf(path); folder !== undefined; folder = folderOf(folder)) {
    const above = kinds.get(`${method} ${folder}`);
    if (above?.many === true) return above;
  }
  return undefined;
}

/**
 * Folds the folder that branches most (for one method) into one kind; the deepest among equals, and the root only where
 * nothing else holds more than one. False: nothing folds.
 */
function foldWidest({ kinds }: Place): boolean {
  let widest: Branching | undefined;
  for (const folder of branchings(kinds.values()).values()) {
    if (folder.below.length < 2) continue;
    if (widest === undefined || isWider(folder, widest)) widest = folder;
  }
  if (widest === undefined) return false;
  const { method, path, below } = widest;
  const folded = { method, path, many: true, count: 0, allowed: 0, answered: 0, last: 0 };
  for (const kind of below) {
    kinds.delete(`${method} ${kind.path}`);
    merge(folded, kind);
  }
  kinds.set(`${method} ${path}`, folded);
  return true;
}

interface Branching {
  readonly method: string;
  readonly path: string;
  readonly children: Set<string>;
  readonly below: Kind[];
}

/** Of each method and folder: the different names in it, and all that is in it or is its index. */
function branchings(kinds: Iterable<Kind>): ReadonlyMap<string, Branching> {
  const folders = new Map<string, Branching>();
  for (const kind of kinds) {
    const { method } = kind;
    let child = kind.path;
    for (
      let path = kind.path.endsWith("/") ? kind.path : folderOf(kind.path);
      path !== undefined;
      path = folderOf(path)
    ) {
      const key = `${method} ${path}`;
      const folder = folders.get(key) ?? { method, path, children: new Set<string>(), below: [] };
      folder.children.add(child);
      folder.below.push(kind);
      folders.set(key, folder);
      child = path;
    }
  }
  return folders;
}

function isWider(one: Branching, than: Branching): boolean {
  if ((one.path === "/") !== (than.path === "/")) return than.path === "/";
  const more = one.children.size - than.children.size;
  return more === 0 ? one.path.length > than.path.length : more > 0;
}

function merge(into: Kind, from: Counts): Kind {
  into.count += from.count;
  into.allowed += from.allowed;
  into.answered += from.answered;
  into.last = Math.max(into.last, from.last);
  return into;
}
