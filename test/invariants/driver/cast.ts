import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";

import type { Fixture } from "../../helpers/fixture";
import type { FeeToken, HoldGovernor, MockForwarder, MockPair, MockVault } from "../../../typechain-types";

/** Keys that play every role at once. The first two are honest: see `isReckless`. */
export const ACTORS = ["host", "guest", "ann", "bob", "cid", "dot"] as const;

/** They, and the key that stands in for the timelock. */
export const KEYS = [...ACTORS, "admin"] as const;

export type Key = (typeof KEYS)[number];
export type Signers = Readonly<Record<Key, HardhatEthersSigner>>;

/** Contracts of others, that hold HOLD and measure what they have. */
export interface Strangers {
  pair: MockPair;
  vault: MockVault;
  forwarder: MockForwarder;
}

/** Everybody who acts, by name, and everything that they act on. */
export interface Cast {
  readonly address: Readonly<Record<Key, string>>;
  readonly signer: Signers;
  readonly hold: string;
  readonly escrow: string;
  readonly staking: string;
  readonly liveness: string;
  readonly records: string;
  readonly market: string;
  /** The two contracts above the market. */
  readonly orders: string;
  readonly quotes: string;
  readonly lens: string;
  readonly council: string;
  readonly disputes: string;
  /** Hears appeals that the account of its timelock decides. */
  readonly governor: string;
  readonly authority: string;
  readonly pair: string;
  readonly vault: string;
  readonly forwarder: string;
  /** Payment tokens: of 6 decimals, of 18, and one that burns a hundredth of each transfer. */
  readonly tokens: readonly [string, string, string];
  /** Who has a key. */
  readonly everybody: readonly string[];
  /** Keys that may do anything; each of them is a provider and a tenant, too. */
  readonly rogues: readonly string[];
  /** Keys that give nothing away and trust our contracts alone. */
  readonly honest: readonly string[];
  /** Our own contracts, named as accounts wherever a call takes one. */
  readonly houses: readonly string[];
  /** Everybody who may own anything: keys and contracts. */
  readonly accounts: readonly string[];
  /** Of HOLD. */
  readonly supply: bigint;
  readonly providers: readonly string[];
  readonly tenants: readonly string[];
  /** Who may hold money and bonds as a module: the market, the disputes, and every rogue. */
  readonly modules: readonly string[];
  /** Who may hold locks of HOLD: staking, and every rogue. */
  readonly lockers: readonly string[];
  /** The name of an address. */
  nameOf(address: string): string;
}

export async function castOf(
  fixture: Fixture & { governor: HoldGovernor },
  signer: Signers,
  taxed: FeeToken,
  strangers: Strangers,
): Promise<Cast> {
  const address = Object.fromEntries(KEYS.map((key) => [key, signer[key].address])) as Record<Key, string>;
  const contracts = [
    "hold",
    "escrow",
    "staking",
    "liveness",
    "records",
    "market",
    "orders",
    "quotes",
    "lens",
    "council",
    "disputes",
    "governor",
    "authority",
  ] as const;
  const at = Object.fromEntries(
    await Promise.all(contracts.map(async (name) => [name, await fixture[name].getAddress()] as const)),
  ) as Record<(typeof contracts)[number], string>;
  const others = {
    pair: await strangers.pair.getAddress(),
    vault: await strangers.vault.getAddress(),
    forwarder: await strangers.forwarder.getAddress(),
  };
  const tokens = [await fixture.usd6.getAddress(), await fixture.usd18.getAddress(), await taxed.getAddress()] as const;

  const everybody = KEYS.map((key) => address[key]);
  const actors = ACTORS.map((key) => address[key]);
  const [honest, rogues] = [actors.slice(0, 2), actors.slice(2)];
  const houses = [at.market, at.escrow, at.staking, at.disputes, at.orders];
  const names = new Map<string, string>([
    ...Object.entries({ ...address, ...at, ...others }).map(([name, value]) => [value, name] as const),
    ...tokens.map((token, index) => [token, ["usd6", "usd18", "feeToken"][index]!] as const),
  ]);
  return {
    ...at,
    ...others,
    address,
    signer,
    tokens,
    everybody,
    rogues,
    honest,
    houses,
    accounts: [...everybody, ...houses, ...Object.values(others)],
    supply: await fixture.hold.totalSupply(),
    providers: actors,
    tenants: actors,
    modules: [at.market, at.disputes, ...rogues],
    lockers: [at.staking, ...rogues],
    nameOf: (account) => names.get(account) ?? account,
  };
}
