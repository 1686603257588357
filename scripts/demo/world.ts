import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { type ContractTransactionResponse, HDNodeWallet, type JsonRpcProvider, Mnemonic, parseUnits } from "ethers";

import { artifactsFromDisk } from "../../deploy/artifacts";
import { deployProtocol, type Deployment } from "../../deploy/deployProtocol";
import { type Parameters, parseParameters } from "../../deploy/parameters";
import localNetwork from "../../deploy/networks/local.json";
import type { Handles } from "../../sdk/handles";
import { type MockToken, MockToken__factory } from "../../typechain-types";

const RECEIPT_POLL_MS = 10;

/** The phrase whose accounts every development chain funds. */
const MNEMONIC = "test test test test test test test test test test test junk";

/** Everybody, by the number of their account. The founder is whom the local network gives the whole supply of HOLD. */
const ACCOUNTS = {
  deployer: 0,
  founder: 1,
  Webhaus: 4,
  Corewerk: 5,
  Tensorei: 6,
  "Webhaus operator": 7,
  "Corewerk operator": 8,
  "Tensorei operator": 9,
  Ana: 10,
  Ben: 11,
  keeper: 12,
  Zoe: 13,
  Hana: 14,
  Olu: 15,
} as const;

export type Person = keyof typeof ACCOUNTS;
/** Whoever has an account: people, and the treasury, which is the timelock and nobody's. */
export type Party = Person | "treasury";
export const PROVIDERS = ["Webhaus", "Corewerk", "Tensorei"] as const;
export type ProviderName = (typeof PROVIDERS)[number];
export const TENANTS = ["Ana", "Ben"] as const;
export type TenantName = (typeof TENANTS)[number];

/** The two payment tokens: one like most stablecoins, one like most other tokens. */
const TOKENS = {
  DUSD: { name: "Demo Dollar", decimals: 6, minimumLock: "0.01", bounty: "0.002" },
  DCOIN: { name: "Demo Coin", decimals: 18, minimumLock: "0.01", bounty: "0.002" },
} as const;
export type Symbol = keyof typeof TOKENS;

export interface Money {
  readonly symbol: Symbol;
  readonly decimals: number;
  readonly address: string;
  readonly contract: MockToken;
  /** Base units that each lease sets aside for whoever ends it. */
  readonly bounty: bigint;
}

export interface World {
  readonly provider: JsonRpcProvider;
  readonly people: Readonly<Record<Person, HDNodeWallet>>;
  readonly addresses: Readonly<Record<Party, string>>;
  readonly tokens: Readonly<Record<Symbol, Money>>;
  readonly parameters: Parameters;
  readonly deployment: Deployment;
  readonly contracts: Handles;
  readonly bookFile: string;
  /** Name of an account. */
  nameOf(address: string): string;
}

/** Sends a transaction and waits until it is mined; returns the time of its block. */
export async function mined(transaction: Promise<ContractTransactionResponse>): Promise<number> {
  const response = await transaction;
  // Asked for until it is there: waiting for the event of its block misses a block that is mined in just that moment.
  while ((await response.provider.getTransactionReceipt(response.hash)) === null) await sleep(RECEIPT_POLL_MS);
  const receipt = await response.wait();
  const block = await receipt?.getBlock();
  if (block === undefined) throw new Error("a transaction was not mined");
  return block.timestamp;
}

/** Two payment tokens, then the protocol with both listed, by the deployment that real networks get, out of a directory of artifacts. */
export async function buildWorld(compiled: string, directory: string, provider: JsonRpcProvider): Promise<World> {
  const seed = HDNodeWallet.fromMnemonic(Mnemonic.fromPhrase(MNEMONIC), "m/44'/60'/0'/0");
  const people = mapValues(ACCOUNTS, (index) => seed.deriveChild(index).connect(provider));

  const tokens: Partial<Record<Symbol, Money>> = {};
  for (const [symbol, { name, decimals, bounty }] of entriesOf(TOKENS)) {
    const contract = await new MockToken__factory(people.founder).deploy(name, symbol, decimals);
    await contract.waitForDeployment();
    tokens[symbol] = {
      symbol,
      decimals,
      contract,
      address: await contract.getAddress(),
      bounty: parseUnits(bounty, decimals),
    };
  }
  const known = tokens as Record<Symbol, Money>;
  const listings = entriesOf(TOKENS).map(([symbol, { decimals, minimumLock, bounty }]) => {
    return { symbol, address: known[symbol].address, decimals, minimumLock, bounty };
  });
  const parameters = parseParameters({ ...localNetwork, tokens: listings }, "the demo's network");
  const bookFile = path.join(directory, "address-book.json");
  const artifacts = artifactsFromDisk(compiled);
  const deployment = await deployProtocol({ signer: people.deployer, parameters, book: bookFile, artifacts });

  const treasury = deployment.addresses.timelock;
  const addresses = { ...mapValues(people, ({ address }) => address), treasury };
  const names = new Map(entriesOf(addresses).map(([name, address]): [string, string] => [address, name]));
  return {
    provider,
    people,
    addresses,
    tokens: known,
    parameters,
    deployment,
    contracts: deployment.contracts,
    bookFile,
    nameOf: (address) => names.get(address) ?? address,
  };
}

function entriesOf<K extends string, V>(record: Readonly<Record<K, V>>): [K, V][] {
  return Object.entries(record) as [K, V][];
}

function mapValues<K extends string, V, W>(record: Readonly<Record<K, V>>, map: (value: V) => W): Record<K, W> {
  return Object.fromEntries(entriesOf(record).map(([key, value]) => [key, map(value)])) as Record<K, W>;
}
