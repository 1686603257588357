import type { Provider } from "ethers";
import { z } from "zod";

import { type AddressBook, addressesOf, AddressBookError, type ArgumentJson } from "../../sdk/addressBook";
import type { SETTINGS } from "../../sdk/governance/settings";
import { type Handles, handlesAt } from "../../sdk/handles";
import type { Addresses } from "../plan";

/** Settings of governor and timelock. */
export type GovernanceSetting = keyof Pick<
  typeof SETTINGS,
  "votingDelay" | "votingPeriod" | "threshold" | "quorum" | "lateExtension" | "timelockDelay"
>;

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
  /** What governor and timelock were created with. */
  readonly deployed: Readonly<Record<GovernanceSetting, bigint>>;
  /** Members of the council that the network file names; undefined: there is none to compare with. */
  readonly foundingMembers: readonly string[] | undefined;
}

const number = z.string().transform(BigInt);
const governorArguments = z.tuple([
  z.string(),
  z.string(),
  z.string(),
  z.tuple([number, number, number, number, number]),
]);
const timelockArguments = z.tuple([number, z.string(), z.string()]);

/** What is known of each contract: what it was created with, and where it is recorded, the hash of its code. */
export type Records = Readonly<
  Record<string, { readonly constructorArgs: readonly ArgumentJson[]; readonly bytecodeHash?: string | undefined }>
>;

/** The scope of a census of these contracts. */
export function scopeOf(
  where: Pick<Scope, "provider" | "at" | "deployer" | "fromBlock" | "foundingMembers">,
  records: Records,
): Scope {
  const governor = governorArguments.safeParse(records["governor"]?.constructorArgs);
  const timelock = timelockArguments.safeParse(records["timelock"]?.constructorArgs);
  if (!governor.success || !timelock.success) {
    throw new AddressBookError(
      "The address book does not say what governor and timelock were created with. Restore it from version control.",
    );
  }
  const [, , , [votingDelay, votingPeriod, threshold, quorum, lateExtension]] = governor.data;
  const hashes = Object.entries(records).flatMap(([name, { bytecodeHash }]) =>
    bytecodeHash === undefined ? [] : [[name, bytecodeHash] as const],
  );
  return {
    ...where,
    contracts: handlesAt(where.at, where.provider),
    codeHashes: Object.fromEntries(hashes),
    deployed: { votingDelay, votingPeriod, threshold, quorum, lateExtension, timelockDelay: timelock.data[0] },
  };
}

/** The scope of the deployment that an address book records; `foundingMembers` where its network file is at hand. */
export function scopeOfBook(book: AddressBook, provider: Provider, foundingMembers?: readonly string[]): Scope {
  const { deployer, startBlock } = book;
  const where = { provider, at: addressesOf(book), deployer, fromBlock: startBlock, foundingMembers };
  return scopeOf(where, book.contracts);
}
