import { getAddress, type Provider } from "ethers";
import { z } from "zod";

import { readText } from "./text";

/** The contracts that the protocol consists of, under the names of the address book. */
export const CONTRACT_NAMES = [
  "hold",
  "accessManager",
  "timelock",
  "governor",
  "guardian",
  "escrow",
  "staking",
  "liveness",
  "records",
  "market",
  "orders",
  "quotes",
  "council",
  "disputes",
  "lens",
] as const;
export type ContractName = (typeof CONTRACT_NAMES)[number];

const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, "must be an address: 0x and 40 hexadecimal digits")
  .transform((value) => getAddress(value.toLowerCase()));
const hash = z.string().regex(/^0x[0-9a-f]{64}$/, "must be a 32-byte hash: 0x and 64 lower-case hexadecimal digits");
const natural = z.number().int().nonnegative();

/** A constructor argument as JSON: integers as decimal strings, structs as lists in the order of their fields. */
export type ArgumentJson = string | boolean | ArgumentJson[];
const argument: z.ZodType<ArgumentJson> = z.lazy(() => z.union([z.string(), z.boolean(), z.array(argument)]));

const contractRecordSchema = z.strictObject({
  address,
  /** Block of the creation. */
  block: natural,
  txHash: hash,
  constructorArgs: z.array(argument),
  /** keccak256 of the runtime code at the address, immutables filled in. */
  bytecodeHash: hash,
});

/** What `deployments/<chainId>.json` holds: where the protocol is on one chain, and which chain that is. */
export const addressBookSchema = z.strictObject({
  chainId: z.number().int().positive(),
  /** Hash of block 0: tells apart chains that share an id, such as a development chain and the one after its restart. */
  genesisHash: hash,
  /** Head of the chain when the deployment began: nothing of it is older. */
  startBlock: natural,
  deployer: address,
  /** The Create3Factory, at the same address on every chain. */
  factory: address,
  /** Enters every address; a deployer can put a second protocol beside the first under another release. */
  release: z.string().min(1),
  /** Hash of the parameters that the network file of the deployment states. */
  parametersHash: hash,
  /** By name; names other than those of the protocol's contracts are linked libraries. */
  contracts: z.record(z.string().min(1), contractRecordSchema),
});

export type ContractRecord = z.infer<typeof contractRecordSchema>;
export type AddressBook = z.infer<typeof addressBookSchema>;

/** A file that should be an address book, and is none. */
export class AddressBookError extends Error {
  override readonly name = "AddressBookError";
}

/** Reads an address book from its text; every fault is named at once. `source` is what the errors call it. */
export function parseAddressBook(text: string, source: string): AddressBook {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new AddressBookError(
      `${source} is not JSON (${(error as Error).message}). Restore it from version control, or move it away and run ` +
        "`npm run deploy` again: it is rebuilt from the chain.",
    );
  }
  const parsed = addressBookSchema.safeParse(json);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `  ${issue.path.join(".") || "(whole file)"}: ${issue.message}`);
    throw new AddressBookError(
      `${source} is no address book:\n${faults.join("\n")}\nRestore it from version control, or move it away and run ` +
        "`npm run deploy` again: it is rebuilt from the chain.",
    );
  }
  return parsed.data;
}

/** Reads the address book at `path`. */
export function readAddressBook(path: string): AddressBook {
  let text: string;
  try {
    text = readText(path);
  } catch (error) {
    throw new AddressBookError(
      `There is no address book at ${path} (${(error as Error).message}). Run \`npm run deploy\` for this network first, ` +
        "or name the book of one where the protocol is.",
    );
  }
  return parseAddressBook(text, path);
}

/** The text of an address book, as it is kept in version control. */
export function formatAddressBook(book: AddressBook): string {
  return `${JSON.stringify(book, null, 2)}\n`;
}

/** The addresses of all contracts of the protocol; fails if the deployment behind the book was never finished. */
export function addressesOf(book: AddressBook): Record<ContractName, string> {
  const missing = CONTRACT_NAMES.filter((name) => book.contracts[name] === undefined);
  if (missing.length > 0) {
    throw new AddressBookError(
      `The address book of chain ${book.chainId} lacks ${missing.join(", ")}: the deployment was not finished. ` +
        "Run `npm run deploy` again: it goes on where it stopped.",
    );
  }
  return Object.fromEntries(CONTRACT_NAMES.map((name) => [name, book.contracts[name]?.address])) as Record<
    ContractName,
    string
  >;
}

/** What identifies a chain. */
export interface ChainIdentity {
  readonly chainId: number;
  readonly genesisHash: string;
}

/** What is different between the chain behind a connection and the one that a book records; undefined: nothing. */
export function chainDifference(book: ChainIdentity, chain: ChainIdentity): string | undefined {
  if (book.chainId !== chain.chainId) return `chain id ${book.chainId} is recorded, the chain has ${chain.chainId}`;
  if (book.genesisHash !== chain.genesisHash) {
    return `genesis block ${book.genesisHash} is recorded, the chain has ${chain.genesisHash}`;
  }
  return undefined;
}

/** Reads which chain is behind a connection. */
export async function identifyChain(provider: Provider): Promise<ChainIdentity> {
  const [network, genesis] = await Promise.all([provider.getNetwork(), provider.getBlock(0)]);
  if (typeof genesis?.hash !== "string") {
    throw new AddressBookError("The node does not serve block 0, so the chain cannot be identified. Use another node.");
  }
  return { chainId: Number(network.chainId), genesisHash: genesis.hash };
}

/** Fails unless the connection leads to the chain that the book records. */
export async function assertSameChain(book: AddressBook, provider: Provider): Promise<void> {
  const difference = chainDifference(book, await identifyChain(provider));
  if (difference !== undefined) {
    throw new AddressBookError(
      `The address book is of another chain: ${difference}. Use the book of this chain, or connect to the book's chain; ` +
        "a development chain that was restarted is another chain.",
    );
  }
}
