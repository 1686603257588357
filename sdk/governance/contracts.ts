import type { Interface } from "ethers";

import {
  AccessManager__factory,
  Council__factory,
  Disputes__factory,
  ERC20Permit__factory,
  Escrow__factory,
  Guardian__factory,
  Hold__factory,
  HoldGovernor__factory,
  Liveness__factory,
  Market__factory,
  ProviderRecords__factory,
  Quotes__factory,
  Staking__factory,
  StandingOrders__factory,
  Timelock__factory,
} from "../../typechain-types";

/** What proposals can call, by the names of the address book; `token` is any ERC-20. */
export const INTERFACES = {
  hold: Hold__factory.createInterface(),
  accessManager: AccessManager__factory.createInterface(),
  escrow: Escrow__factory.createInterface(),
  staking: Staking__factory.createInterface(),
  liveness: Liveness__factory.createInterface(),
  records: ProviderRecords__factory.createInterface(),
  market: Market__factory.createInterface(),
  orders: StandingOrders__factory.createInterface(),
  quotes: Quotes__factory.createInterface(),
  council: Council__factory.createInterface(),
  disputes: Disputes__factory.createInterface(),
  timelock: Timelock__factory.createInterface(),
  governor: HoldGovernor__factory.createInterface(),
  guardian: Guardian__factory.createInterface(),
  token: ERC20Permit__factory.createInterface(),
};

export type InterfaceName = keyof typeof INTERFACES;
export type GovernedName = Exclude<InterfaceName, "token">;

/** Where the contracts of one deployment are; checksummed. */
export type GovernedAddresses = Readonly<Record<GovernedName, string>>;

export const INTERFACE_NAMES = Object.keys(INTERFACES) as InterfaceName[];

export function interfaceOf(name: InterfaceName): Interface {
  return INTERFACES[name];
}

/** Which contract of the deployment an address is; undefined: none. */
export function nameOf(addresses: GovernedAddresses, address: string): GovernedName | undefined {
  return (Object.keys(addresses) as GovernedName[]).find((name) => addresses[name] === address);
}

/** The market's terms, as it publishes them. */
export interface TermsValues {
  readonly treasury: string;
  readonly feeBps: bigint;
  readonly toleranceBps: bigint;
  readonly noShowBps: bigint;
  readonly noticePeriod: bigint;
  readonly activationWindow: bigint;
  readonly creditPeriod: bigint;
}

/** Collateral weights, millionths of a HOLD. */
export interface WeightsValues {
  readonly cpu: bigint;
  readonly memoryMiB: bigint;
  readonly diskGiB: bigint;
  readonly bandwidthMbps: bigint;
  readonly gpuTier0: bigint;
  readonly gpuTier1: bigint;
  readonly gpuTier2: bigint;
  readonly gpuTier3: bigint;
}

/** Rules of disputes; HOLD in millionths. */
export interface RulesValues {
  readonly appealAuthority: string;
  readonly bondFloor: bigint;
  readonly filingFee: bigint;
  readonly treasury: string;
  readonly unservedBps: bigint;
  readonly shortOfTermsBps: bigint;
  readonly dataLostBps: bigint;
  readonly dataExposedBps: bigint;
}

/** What is published as a whole, and changed value by value: what is in force. */
export interface Published {
  readonly terms: TermsValues;
  readonly weights: WeightsValues;
  readonly rules: RulesValues;
}

const WEIGHT_FIELDS = [
  "cpu",
  "memoryMiB",
  "diskGiB",
  "bandwidthMbps",
  "gpuTier0",
  "gpuTier1",
  "gpuTier2",
  "gpuTier3",
] as const satisfies readonly (keyof WeightsValues)[];

/** The word that the market stores -> weights. */
export function unpackWeights(word: bigint): WeightsValues {
  const lanes = WEIGHT_FIELDS.map((field, index) => [field, (word >> BigInt(32 * index)) & 0xffff_ffffn] as const);
  return Object.fromEntries(lanes) as unknown as WeightsValues;
}

/** Terms without what else a decoder hands over with them. */
export function termsValues(terms: TermsValues): TermsValues {
  const { treasury, feeBps, toleranceBps, noShowBps, noticePeriod, activationWindow, creditPeriod } = terms;
  return { treasury, feeBps, toleranceBps, noShowBps, noticePeriod, activationWindow, creditPeriod };
}

/** Rules without what else a decoder hands over with them. */
export function rulesValues(rules: RulesValues): RulesValues {
  const { appealAuthority, bondFloor, filingFee, treasury } = rules;
  const { unservedBps, shortOfTermsBps, dataLostBps, dataExposedBps } = rules;
  return { appealAuthority, bondFloor, filingFee, treasury, unservedBps, shortOfTermsBps, dataLostBps, dataExposedBps };
}
