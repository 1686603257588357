/** Disputes to act on, and what must follow from them by the design brief alone. For tests upon `disputeFixture`. */
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { id as keccak, MaxUint256 } from "ethers";

import type { Disputes } from "../../typechain-types";
import { type OpenMarket, openMarketFixture } from "./fixture";
import { loadFixture } from "./loadFixture";
import { DAY, DEFAULT_RULES } from "./parameters";
import { type ActiveLease, offerOf } from "./scene";
import { at, now } from "./time";

export const ANSWER_WINDOW = 2 * DAY;
export const RULING_WINDOW = 4 * DAY;
export const APPEAL_WINDOW = 2 * DAY;
export const DECISION_WINDOW = 21 * DAY;

/** As in Solidity. */
export const FaultClass = { Unserved: 0, ShortOfTerms: 1, DataLost: 2, DataExposed: 3 } as const;
export const Outcome = { None: 0, Upheld: 1, Failed: 2, Rejected: 3 } as const;
export const Phase = { Filed: 0, Answered: 1, Decided: 2, Appealed: 3, Final: 4, Executed: 5, Settled: 6 } as const;
export const Vote = { None: 0, Uphold: 1, Reject: 2, Recused: 3, Paid: 4 } as const;
export const Side = { None: 0, Claimant: 1, Provider: 2 } as const;

/** Basis points of the collateral that a fault of each class costs under version 1 of the rules. */
export const FRACTION_BPS = [
  DEFAULT_RULES.unservedBps,
  DEFAULT_RULES.shortOfTermsBps,
  DEFAULT_RULES.dataLostBps,
  DEFAULT_RULES.dataExposedBps,
] as const;

/** Wei in a millionth of a HOLD, in which collateral and bonds are counted. */
export const MICRO = 10n ** 12n;
export const FILING_FEE = DEFAULT_RULES.filingFee * MICRO;
export const EVIDENCE = keccak("what proves it");

export interface DisputeMarket extends OpenMarket {
  /** Offer of providerA in `usd6` whose leases can be disputed, no minimum. */
  offerD: bigint;
}

/**
 * An open market with an offer that names the slashing module; tenants, stranger and providerA let it take their HOLD
 * without limit. For `loadFixture`.
 */
export async function disputeFixture(): Promise<DisputeMarket> {
  const f = await loadFixture(openMarketFixture);
  for (const account of [f.tenantA, f.tenantB, f.stranger, f.providerA, f.providerB]) {
    await f.hold.connect(account).approve(f.disputes, MaxUint256);
  }
  return { ...f, offerD: await offerOf(f, { slasher: await f.disputes.getAddress() }) };
}

/** The dispute of `claimant` about a lease. */
export function disputeIdOf(leaseId: bigint, claimant: { address: string }): bigint {
  return (leaseId << 160n) | BigInt(claimant.address);
}

/** Bond, in wei, of a claim on `collateral` wei: a tenth rounded up, at least the floor, at most all of it. */
export function bondOf(collateral: bigint, floor: bigint = DEFAULT_RULES.bondFloor): bigint {
  const units = collateral / MICRO;
  const tenth = (units + 9n) / 10n;
  const wanted = tenth > floor ? tenth : floor;
  return (wanted < units ? wanted : units) * MICRO;
}

export interface FiledDispute {
  id: bigint;
  leaseId: bigint;
  claimant: HardhatEthersSigner;
  filedAt: number;
  faultStart: number | bigint;
  faultClass: number;
  /** Wei of HOLD. */
  bond: bigint;
}

export interface ClaimChoices {
  claimant?: HardhatEthersSigner;
  faultClass?: number;
  /** Seconds; the start of the lease unless told. */
  faultStart?: number | bigint;
  /** Second of filing; the next one unless told. */
  filedAt?: number;
}

/** Files a claim about a lease of default resources: by its tenant, unserved since its start, unless told otherwise. */
export async function fileClaim(
  { disputes }: Pick<DisputeMarket, "disputes">,
  lease: ActiveLease,
  choices: ClaimChoices = {},
): Promise<FiledDispute> {
  const { claimant = lease.tenant, faultClass = FaultClass.Unserved, faultStart = lease.startedAt } = choices;
  const filedAt = choices.filedAt ?? (await now()) + 1;
  await at(filedAt, () => disputes.connect(claimant).file(lease.id, lease.tenant, faultClass, faultStart, EVIDENCE));
  return {
    id: disputeIdOf(lease.id, claimant),
    leaseId: lease.id,
    claimant,
    filedAt,
    faultStart,
    faultClass,
    bond: bondOf(lease.collateral),
  };
}

/** Rules of disputes as the fixture publishes them, but for what is told; fields as Solidity orders them. */
export function rulesWith(
  { appeals, treasury }: Pick<DisputeMarket, "appeals" | "treasury">,
  changes: Partial<typeof DEFAULT_RULES & { appealAuthority: string; treasury: string }> = {},
) {
  const { bondFloor, filingFee, ...fractions } = DEFAULT_RULES;
  const rules = { appealAuthority: appeals.address, bondFloor, filingFee, treasury: treasury.address, ...fractions };
  return { ...rules, ...changes };
}

/** The steps of whoever `disputes` is connected to, each about the claim that a dispute is about now. */
export function present(disputes: Disputes) {
  const filedAtOf = async (id: bigint) => (await disputes.disputeById(id)).claim.filedAt;
  return {
    answer: async (id: bigint, fromBond = false) => disputes.answer(id, await filedAtOf(id), fromBond),
    concede: async (id: bigint) => disputes.concede(id, await filedAtOf(id)),
    withdraw: async (id: bigint) => disputes.withdraw(id, await filedAtOf(id)),
    rule: async (id: bigint, uphold: boolean) => disputes.rule(id, await filedAtOf(id), uphold),
    recuse: async (id: bigint) => disputes.recuse(id, await filedAtOf(id)),
    appeal: async (id: bigint, fromBond = false) => disputes.appeal(id, await filedAtOf(id), fromBond),
  };
}

/** Concedes the claim that a dispute is about now. */
export async function concede(disputes: Disputes, provider: HardhatEthersSigner, id: bigint) {
  return present(disputes.connect(provider)).concede(id);
}

/** What the appeal authority decides about the claims that disputes are about now. */
export async function decisionsOn(disputes: Disputes, ids: readonly bigint[], outcomes: readonly number[]) {
  return Promise.all(
    ids.map(async (disputeId, index) => ({
      disputeId,
      filedAt: (await disputes.disputeById(disputeId)).claim.filedAt,
      outcome: outcomes[index]!,
    })),
  );
}

/** Decides the appeals of the claims that disputes are about now. */
export async function decide(
  disputes: Disputes,
  authority: HardhatEthersSigner,
  ids: readonly bigint[],
  outcomes: readonly number[],
) {
  return disputes.connect(authority).decide(await decisionsOn(disputes, ids, outcomes));
}
