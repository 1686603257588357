import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";

import type { Fixture } from "../../helpers/fixture";
import type { FeeToken } from "../../../typechain-types";

const ROLES = [
  "admin",
  "guardian",
  "treasury",
  "providerA",
  "operatorA",
  "providerB",
  "operatorB",
  "providerC",
  "operatorC",
  "tenantA",
  "tenantB",
  "tenantC",
  "both",
  "keeper",
  "stranger",
  "module",
  "otherModule",
  "appeals",
  "memberA",
  "memberB",
  "memberC",
  "memberD",
  "memberE",
] as const;

export type Role = (typeof ROLES)[number];

/** Everybody who acts, by name, and everything that they act on. `both` is provider and tenant at once. */
export interface Cast {
  readonly address: Readonly<Record<Role, string>>;
  readonly signer: Readonly<Record<Role, HardhatEthersSigner>>;
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
  readonly authority: string;
  /** Payment tokens: of 6 decimals, of 18, and one that burns a hundredth of each transfer. */
  readonly tokens: readonly [string, string, string];
  readonly everybody: readonly string[];
  /** They and the contracts that may hold HOLD. */
  readonly accounts: readonly string[];
  /** Of HOLD. */
  readonly supply: bigint;
  /** Everybody who may own a lock of the escrow: disputes hold earnings there. */
  readonly owners: readonly string[];
  readonly providers: readonly string[];
  readonly tenants: readonly string[];
  /** Who may hold money and bonds as a module: the market, and two keys. */
  readonly modules: readonly [string, string, string];
  /** The name of an address. */
  nameOf(address: string): string;
}

export async function castOf(fixture: Fixture, taxed: FeeToken): Promise<Cast> {
  const [tenantC, both] = fixture.others as [HardhatEthersSigner, HardhatEthersSigner];
  const signers = { ...fixture, tenantC, both };
  const signer = Object.fromEntries(ROLES.map((role) => [role, signers[role]])) as Record<Role, HardhatEthersSigner>;
  const address = Object.fromEntries(ROLES.map((role) => [role, signer[role].address])) as Record<Role, string>;
  const contracts = [
    "hold",
    "escrow",
    "staking",
    "liveness",
    "records",
    "market",
    "orders",
    "lens",
    "council",
    "disputes",
    "authority",
  ] as const;
  const at = Object.fromEntries(
    await Promise.all(contracts.map(async (name) => [name, await fixture[name].getAddress()] as const)),
  ) as Record<(typeof contracts)[number], string>;
  const quotes = await fixture.market.QUOTES();
  const tokens = [await fixture.usd6.getAddress(), await fixture.usd18.getAddress(), await taxed.getAddress()] as const;

  const everybody = ROLES.map((role) => address[role]);
  const names = new Map<string, string>([
    ...ROLES.map((role) => [address[role], role] as const),
    ...contracts.map((name) => [at[name], name] as const),
    [quotes, "quotes"],
    ...tokens.map((token, index) => [token, ["usd6", "usd18", "feeToken"][index]!] as const),
  ]);
  return {
    ...at,
    quotes,
    address,
    signer,
    tokens,
    everybody,
    accounts: [...everybody, at.staking, at.escrow, at.disputes],
    owners: [...everybody, at.disputes],
    supply: await fixture.hold.totalSupply(),
    providers: [address.providerA, address.providerB, address.providerC, address.both],
    tenants: [address.tenantA, address.tenantB, address.tenantC, address.both],
    modules: [at.market, address.module, address.otherModule],
    nameOf: (account) => names.get(account) ?? account,
  };
}
