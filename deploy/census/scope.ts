import type { Provider } from "ethers";

import { type AddressBook, addressesOf } from "../../sdk/addressBook";
import { type Handles, handlesAt } from "../../sdk/handles";
import type { Parameters } from "../parameters";
import type { Addresses, Plan } from "../plan";
import { type Reviewed, reviewedOf } from "./reviewed";

/** What a census is about. */
export interface Scope {
  readonly provider: Provider;
  readonly contracts: Handles;
  readonly at: Addresses;
  readonly deployer: string;
  /** Nothing of the deployment is older. */
  readonly fromBlock: number;
  /** keccak256 of the code of each contract that the address book records. */
  readonly codeHashes: Readonly<Record<string, string>>;
  /** What the network file says. */
  readonly reviewed: Reviewed;
}

type Place = Pick<Scope, "provider" | "at" | "deployer" | "fromBlock">;

/** The scope of a census of contracts that a network file describes and an address book may record. */
export function scopeOf(place: Place, parameters: Parameters, book?: AddressBook, plan?: Plan): Scope {
  const records = Object.entries(book?.contracts ?? {});
  return {
    ...place,
    contracts: handlesAt(place.at, place.provider),
    codeHashes: Object.fromEntries(records.map(([name, { bytecodeHash }]) => [name, bytecodeHash])),
    reviewed: reviewedOf(parameters, place.at, plan),
  };
}

/** The scope of the deployment that an address book records, compared with its network file. */
export function scopeOfBook(book: AddressBook, provider: Provider, parameters: Parameters): Scope {
  const { deployer, startBlock } = book;
  return scopeOf({ provider, at: addressesOf(book), deployer, fromBlock: startBlock }, parameters, book);
}
