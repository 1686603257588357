/** The protocol in the hands of its token holders, and proposals that go the whole way. For tests upon `governedFixture`. */
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import type { Addressable, ContractTransaction, ContractTransactionResponse } from "ethers";
import { getCreateAddress, id as keccak, parseEther, resolveAddress, toBeHex } from "ethers";
import { ethers } from "hardhat";

import type { Guardian, HoldGovernor, Timelock } from "../../typechain-types";
import { GUARDIAN_ROLE } from "./deployment";
import { disputeFixture, type DisputeMarket } from "./disputes";
import type { Fixture } from "./fixture";
import { loadFixture } from "./loadFixture";
import { DAY, DEFAULT_RULES, DEFAULT_TERMS, DEFAULT_WEIGHTS } from "./parameters";
import { moveTo, now } from "./time";

export const SUPPLY = parseEther("1000000000");
export const VOTING_DELAY = DAY;
export const VOTING_PERIOD = 5 * DAY;
export const LATE_EXTENSION = DAY;
export const TIMELOCK_DELAY = 2 * DAY;
export const QUORUM_PERCENT = 4n;
export const QUORUM = (SUPPLY * QUORUM_PERCENT) / 100n;
export const THRESHOLD = SUPPLY / 1_000n;
/** HOLD of the treasury, of each of the two holders who vote in tests, and of one who can propose and no more. */
export const TREASURY_HOLD = parseEther("300000000");
export const VOTER_HOLD = parseEther("50000000");
export const PROPOSER_HOLD = THRESHOLD;

/** What the governor of the fixture is deployed with. */
export const SETTINGS = {
  votingDelay: VOTING_DELAY,
  votingPeriod: VOTING_PERIOD,
  proposalThreshold: THRESHOLD,
  quorumPercent: QUORUM_PERCENT,
  lateExtension: LATE_EXTENSION,
};

/** As in OpenZeppelin's IGovernor. */
export const ProposalState = {
  Pending: 0,
  Active: 1,
  Canceled: 2,
  Defeated: 3,
  Succeeded: 4,
  Queued: 5,
  Expired: 6,
  Executed: 7,
} as const;
/** Proposal states, as the governor's errors tell which ones they demand. */
export const bitmapOf = (...states: readonly number[]): string =>
  toBeHex(
    states.reduce((bits, state) => bits | (1n << BigInt(state)), 0n),
    32,
  );

export const Support = { Against: 0, For: 1, Abstain: 2 } as const;

export interface Governed extends DisputeMarket {
  timelock: Timelock;
  governor: HoldGovernor;
  /** Holds the guardian role; the account `guardian` is seated. */
  guardianship: Guardian;
  /** Each has `VOTER_HOLD`, delegated to itself: alone more than the quorum. */
  voterA: HardhatEthersSigner;
  voterB: HardhatEthersSigner;
  /** Has exactly the threshold, delegated to itself. */
  proposer: HardhatEthersSigner;
}

/** Deploys governor, timelock and guardian, by the administrator; no role is theirs yet, the account `guardian` is seated. */
export async function deployGovernance(
  f: Pick<Fixture, "admin" | "guardian" | "authority" | "hold" | "disputes">,
): Promise<Pick<Governed, "timelock" | "governor" | "guardianship">> {
  const { admin, guardian, authority, hold, disputes } = f;
  const nonce = await admin.getNonce();
  const predicted = getCreateAddress({ from: admin.address, nonce: nonce + 1 });
  const timelock = await ethers.deployContract("Timelock", [TIMELOCK_DELAY, predicted, hold], admin);
  const governor = await ethers.deployContract("HoldGovernor", [hold, timelock, disputes, SETTINGS], admin);
  if ((await governor.getAddress()) !== predicted) throw new Error("The governor is not where the timelock expects it");
  const guardianship = await ethers.deployContract("Guardian", [authority, guardian], admin);
  return { timelock, governor, guardianship };
}

/**
 * The market of `disputeFixture`, governed: the timelock is the only administrator, the treasury and the appeal authority
 * of terms and rules from version 2 on; `admin` has nothing but HOLD, undelegated, and `appeals` and `treasury` are
 * strangers. For `loadFixture`.
 */
export async function governedFixture(): Promise<Governed> {
  const f = await loadFixture(disputeFixture);
  const { admin, guardian, authority, hold, market, disputes } = f;
  const [voterA, voterB, proposer] = f.others;
  if (voterA === undefined || voterB === undefined || proposer === undefined)
    throw new Error("There are too few signers");

  const { timelock, governor, guardianship } = await deployGovernance(f);
  const treasury = await timelock.getAddress();
  await market.connect(admin).publishTerms({ treasury, ...DEFAULT_TERMS }, DEFAULT_WEIGHTS);
  await disputes.connect(admin).publishRules({ appealAuthority: treasury, treasury, ...DEFAULT_RULES });
  await hold.connect(admin).transfer(timelock, TREASURY_HOLD);
  for (const [voter, amount] of [
    [voterA, VOTER_HOLD],
    [voterB, VOTER_HOLD],
    [proposer, PROPOSER_HOLD],
  ] as const) {
    await hold.connect(admin).transfer(voter, amount);
    await hold.connect(voter).delegate(voter);
  }

  await authority.connect(admin).revokeRole(GUARDIAN_ROLE, guardian);
  await authority.connect(admin).grantRole(GUARDIAN_ROLE, guardianship, 0);
  await authority.connect(admin).grantRole(0n, timelock, 0);
  await authority.connect(admin).renounceRole(0n, admin);
  return { ...f, timelock, governor, guardianship, voterA, voterB, proposer };
}

/** One call that a proposal makes. */
export interface Call {
  target: Addressable | string;
  data: string;
}

/** The calls that transactions would make: `await callsOf(market.delistToken.populateTransaction(token))`. */
export async function callsOf(...prepared: Promise<ContractTransaction>[]): Promise<Call[]> {
  return (await Promise.all(prepared)).map(({ to, data }) => ({ target: to, data }));
}

/** What the governor takes, in its order; nothing is paid. */
export type ProposalArguments = [targets: string[], values: bigint[], calldatas: string[], description: string];

export async function argumentsOf(calls: readonly Call[], description: string): Promise<ProposalArguments> {
  const targets = await Promise.all(calls.map(async ({ target }) => resolveAddress(target)));
  return [targets, calls.map(() => 0n), calls.map(({ data }) => data), description];
}

/** The id that the governor gives a proposal. */
export async function proposalIdOf(
  { governor }: Pick<Governed, "governor">,
  proposal: ProposalArguments,
): Promise<bigint> {
  const [targets, values, calldatas, description] = proposal;
  return governor.hashProposal(targets, values, calldatas, keccak(description));
}

/** Moves to the first second in which a proposal that was just made can be voted on. */
export async function untilVoting({ governor }: Pick<Governed, "governor">, proposalId: bigint): Promise<void> {
  await passUntil((await governor.proposalSnapshot(proposalId)) + 1n);
}

/** Moves to the first second after the voting on a proposal. */
export async function untilVoted({ governor }: Pick<Governed, "governor">, proposalId: bigint): Promise<void> {
  await passUntil((await governor.proposalDeadline(proposalId)) + 1n);
}

/** Moves to the first second in which a queued proposal can be executed. */
export async function untilReady({ governor }: Pick<Governed, "governor">, proposalId: bigint): Promise<void> {
  await passUntil(await governor.proposalEta(proposalId));
}

async function passUntil(second: bigint): Promise<void> {
  if (BigInt(await now()) < second) await moveTo(second);
}

/** Votes voterA's HOLD for a proposal that was just made, up to the end of the vote. Returns its id. */
export async function carryThroughVote(f: Governed, proposal: ProposalArguments): Promise<bigint> {
  const proposalId = await proposalIdOf(f, proposal);
  await untilVoting(f, proposalId);
  await f.governor.connect(f.voterA).castVote(proposalId, Support.For);
  await untilVoted(f, proposalId);
  return proposalId;
}

/** The same, and takes it through the queue, up to the moment of execution. */
export async function carry(f: Governed, proposal: ProposalArguments): Promise<bigint> {
  const proposalId = await carryThroughVote(f, proposal);
  await f.governor.connect(f.stranger)["queue(uint256)"](proposalId);
  await untilReady(f, proposalId);
  return proposalId;
}

/** Executes a proposal that is ready, by a stranger. */
export function carryOut({ governor, stranger }: Governed, proposalId: bigint): Promise<ContractTransactionResponse> {
  return governor.connect(stranger)["execute(uint256)"](proposalId);
}

/** Takes calls through a whole proposal: made, voted for, queued, executed by a stranger. */
export async function govern(
  f: Governed,
  calls: readonly Call[],
  description: string,
): Promise<ContractTransactionResponse> {
  const proposal = await argumentsOf(calls, description);
  await f.governor.connect(f.proposer).propose(...proposal);
  return carryOut(f, await carry(f, proposal));
}

/**
 * Takes proposals, of the calls that transactions would make, up to the moment of execution, all at the same time, so that
 * a table of them costs the time of one; returns their ids.
 */
export async function carryEach(f: Governed, proposed: readonly Promise<ContractTransaction>[][]): Promise<bigint[]> {
  const proposalIds: bigint[] = [];
  for (const [index, calls] of proposed.entries()) {
    const proposal = await argumentsOf(await callsOf(...calls), `Proposal ${index}`);
    await f.governor.connect(f.proposer).propose(...proposal);
    proposalIds.push(await proposalIdOf(f, proposal));
  }
  await carryThrough(f, proposalIds);
  return proposalIds;
}

/** Takes proposals that were just made up to the moment of execution, all at the same time; the last is the last to end. */
export async function carryThrough(f: Governed, proposalIds: readonly bigint[]): Promise<void> {
  const last = proposalIds.at(-1);
  if (last === undefined) throw new Error("There is nothing to carry");
  await untilVoting(f, last);
  for (const proposalId of proposalIds) await f.governor.connect(f.voterA).castVote(proposalId, Support.For);
  await untilVoted(f, last);
  for (const proposalId of proposalIds) await f.governor.connect(f.stranger)["queue(uint256)"](proposalId);
  await untilReady(f, last);
}
