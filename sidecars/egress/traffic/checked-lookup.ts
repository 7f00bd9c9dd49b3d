// A name's addresses, each checked just before it is dialled.

import { lookup as systemLookup } from "node:dns";
import type { LookupFunction } from "node:net";
import { networkInterfaces } from "node:os";

import { isListed, refusedAddress } from "../policy/address.ts";

/** All addresses of a name. */
export type Resolve = (name: string) => Promise<readonly { readonly address: string; readonly family: number }[]>;

/** A name that leads to an address which must not be dialled. */
export class AddressRefused extends Error {
  override readonly name = "AddressRefused";
}
export class ConnectTimeout extends Error {
  override readonly name = "ConnectTimeout";
}

/** Every address of the name is checked, and exactly the checked ones are dialled: a second answer is never asked for. */
export function checkedLookup(resolve: Resolve, listed: readonly string[]): LookupFunction {
  return (name, options, done) => {
    resolve(name).then(
      (addresses) => {
        const refused = refusal(name, addresses, listed);
        const [first] = addresses;
        if (refused !== undefined) done(refused, "", 0);
        else if (options.all === true) done(null, [...addresses]);
        else done(null, first?.address ?? "", first?.family ?? 0);
      },
      (error: NodeJS.ErrnoException) => done(error, "", 0),
    );
  };
}

export const resolveBySystem: Resolve = (name) =>
  new Promise((resolve, reject) => {
    systemLookup(name, { all: true, order: "verbatim" }, (error, addresses) =>
      error === null ? resolve(addresses) : reject(error),
    );
  });

function refusal(
  name: string,
  addresses: Awaited<ReturnType<Resolve>>,
  listed: readonly string[],
): AddressRefused | undefined {
  if (addresses.length === 0) return new AddressRefused(`${name} has no address`);
  const own = ownAddresses();
  for (const { address } of addresses) {
    const what = refusedAddress(address, own);
    if (what !== undefined && !isListed(address, listed))
      return new AddressRefused(`${name} leads to ${address}, which is ${what}`);
  }
  return undefined;
}

function ownAddresses(): Set<string> {
  return new Set(
    Object.values(networkInterfaces()).flatMap((addresses) => addresses?.map(({ address }) => address) ?? []),
  );
}
