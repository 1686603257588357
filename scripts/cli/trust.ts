import { existsSync } from "node:fs";
import path from "node:path";

import { keccak256, type Provider } from "ethers";

import { PROTOCOL } from "../../deploy/protocol";
import { type AddressBook, readAddressBook } from "../../sdk/addressBook";
import { addressIn, compareCode } from "../../sdk/compiled";
import * as typechain from "../../typechain-types";
import type { Config } from "./config";
import { Failure } from "./failure";

const DEVELOPMENT_CHAIN = 31337;
const OWN_CHAIN = "; for a chain of your own, with HOLD and listed tokens, see `leasehold playground`";

/** An address book, and whether it came with the program. */
export interface FoundBook {
  readonly file: string;
  readonly book: AddressBook;
  readonly packaged: boolean;
}

/**
 * The address book of a chain: the one that is named, else the one of the package. A file of the working directory is taken
 * where it is named only: whoever wrote it would otherwise choose who is paid.
 */
export function findBook({ book: named }: Pick<Config, "book">, chainId: number, packageRoot: string): FoundBook {
  const name = path.join("deployments", `${chainId}.json`);
  const packaged = path.resolve(packageRoot, name);
  if (named !== undefined) {
    return { file: named, book: readAddressBook(named), packaged: path.resolve(named) === packaged };
  }
  if (existsSync(packaged)) return { file: packaged, book: readAddressBook(packaged), packaged: true };
  const here = existsSync(name)
    ? `; ${name} is here, and used where it is named only: make sure that it is yours, then add --book ${name}`
    : `: give --book or LEASEHOLD_BOOK${chainId === DEVELOPMENT_CHAIN ? OWN_CHAIN : ""}`;
  throw new Failure("configuration", `the program came without an address book of chain ${chainId}${here}`);
}

/** What TypeChain keeps of a contract that can be created. */
interface Compiled {
  readonly bytecode: string;
  readonly linkBytecode?: (libraries: Readonly<Record<string, string>>) => string;
}

/** Creation code of a contract of the protocol, with the libraries of a book linked. */
function creationOf({ artifact, libraries = {} }: (typeof PROTOCOL.contracts)[number], book: AddressBook): string {
  const compiled = Reflect.get(typechain, `${artifact.split(":")[1] ?? ""}__factory`) as Compiled;
  const addresses = Object.entries(libraries).map(([library, name]) => [library, book.contracts[name]?.address ?? ""]);
  const linked = Object.fromEntries(addresses) as Record<string, string>;
  return compiled.linkBytecode?.(linked) ?? compiled.bytecode;
}

/** Why a contract of a book is not what this version deploys; undefined: it is. */
function foreignness(name: string, code: string, book: AddressBook): string | undefined {
  const entry = PROTOCOL.contracts.find((contract) => contract.name === name);
  const address = book.contracts[name]?.address;
  if (address === undefined) return "the book lacks it";
  if (entry === undefined) return undefined; // nothing of the protocol works with it
  const comparison = compareCode(creationOf(entry, book), code, address);
  if (!comparison.same) return comparison.why;
  const known = PROTOCOL.contracts.map((contract) => book.contracts[contract.name]?.address);
  const strange = comparison.immutables.map(addressIn).find((found) => found !== undefined && !known.includes(found));
  return strange === undefined ? undefined : `it works with ${strange}, which is no contract of the book`;
}

/**
 * Fails unless every contract of a book is what it should be, before anything is approved: with a book of the package, the
 * code that it records; with any other, the code that this version deploys, working with contracts of the book alone.
 */
export async function assertTrusted({ file, book, packaged }: FoundBook, provider: Provider): Promise<void> {
  const names = [...new Set([...PROTOCOL.contracts.map(({ name }) => name), ...Object.keys(book.contracts)])];
  const codes = await Promise.all(
    names.map(async (name) => {
      const address = book.contracts[name]?.address;
      return address === undefined ? "0x" : provider.getCode(address);
    }),
  );
  const faults = names.flatMap((name, index) => {
    const code = codes[index] ?? "0x";
    const recorded = book.contracts[name]?.bytecodeHash === keccak256(code);
    const fault = packaged
      ? recorded
        ? undefined
        : "its code is not what the book records"
      : foreignness(name, code, book);
    return fault === undefined ? [] : [`  ${name} at ${book.contracts[name]?.address ?? "no address"}: ${fault}`];
  });
  if (faults.length === 0) return;
  throw new Failure(
    "configuration",
    `nothing was approved: ${file} does not lead to contracts that this version knows\n${faults.join("\n")}\n` +
      "make sure whose book it is; for a deployment of another version, use that version of the program",
  );
}
