import { ZeroAddress } from "ethers";

import { LeaseStatus } from "../../../helpers/leases";
import { DEFAULT_RULES } from "../../../helpers/parameters";
import {
  ANSWER_WINDOW,
  type Dispute,
  isParty,
  isRipe,
  Outcome,
  Phase,
  phaseOf,
  RULING_WINDOW,
  standingOf,
  Vote,
} from "../../model/dispute";
import { disputeIdOf } from "../../model/disputes";
import { CLAIM_LIFE, type Lease, offerOf, releasableAt } from "../../model/lease";
import { least, most } from "../../model/plain";
import type { World } from "../../model/world";
import { type Choice, idOf, type Table } from "./table";
import { open } from "./tenants";

const DAY = 86_400n;
const { Active, Closed } = LeaseStatus;

/** Disputes in a phase. */
export const inPhase = ({ disputes }: World, ...phases: bigint[]): Dispute[] =>
  [...disputes.all.values()].filter((dispute) => phases.includes(phaseOf(dispute)));

/** Leases of some slashing modules that can be claimed, or could until a moment ago. */
export const claimable = ({ world }: Table, ...slashers: string[]): Lease[] =>
  world.leases
    .withStatus(Active, Closed)
    .filter((lease) => slashers.includes(world.offers.get(lease.offerId)!.slasher) && world.now <= releasableAt(lease));

/** Mostly within the lease and the last days; else at the edges of that, or a second beyond. */
function faultStartOf({ world, dice }: Table, lease: Lease | undefined): bigint {
  const { now } = world;
  if (lease === undefined) return now - 1n;
  const until = least(now, lease.end);
  const from = most(lease.startedAt, now - 7n * DAY);
  if (dice.chance(80)) return dice.pick([from, lease.startedAt, dice.between(from, most(from, until - 1n))]);
  // A pending lease neither began nor ends.
  return most(0n, dice.pick([until - 1n, until, lease.startedAt - 1n, now - 7n * DAY, now - 7n * DAY - 1n]));
}

const claimantFor = ({ cast, dice }: Table, lease: Lease | undefined): string =>
  dice.pick([
    ...(lease === undefined ? [] : [lease.tenant, lease.tenant, lease.tenant, lease.tenant, lease.provider]),
    dice.pick(cast.tenants),
    dice.pick(cast.everybody),
  ]);

/** By the tenant, the provider, or anybody; mostly where it has no claim yet. */
export const file: Choice = (table) => {
  const { world, cast, commands, dice } = table;
  const leases = claimable(table, cast.disputes);
  if (leases.length === 0 && dice.chance(90)) return open(table);
  const id = idOf(
    table,
    leases.map((lease) => lease.id),
  );
  const lease = world.leases.all.get(id);
  const by = claimantFor(table, lease);
  const before = world.disputes.all.get(disputeIdOf(id, by));
  if (before !== undefined && !before.settled && dice.chance(90)) return undefined;
  const tenant = dice.rather(lease === undefined ? [] : [lease.tenant], cast.everybody, 96);
  return commands.file(by, id, tenant, dice.between(0n, 3n), faultStartOf(table, lease));
};

/** A dispute: mostly one of those that are wanted, else any, or none that there is. */
function someDispute({ world, cast, dice }: Table, wanted: readonly Dispute[]): { id: bigint; dispute?: Dispute } {
  const all = [...world.disputes.all.values()];
  const dispute = dice.chance(2) ? undefined : dice.oneOf(dice.listOf(wanted, all, 92));
  if (dispute !== undefined) return { id: dispute.id, dispute };
  return { id: disputeIdOf(dice.oneOf([...world.leases.all.keys()]) ?? 1n, dice.pick(cast.everybody)) };
}

const unanswered = ({ world }: Table): Dispute[] =>
  inPhase(world, Phase.Filed).filter(({ filedAt }) => world.now <= filedAt + ANSWER_WINDOW);

const ruled = ({ world }: Table): Dispute[] =>
  inPhase(world, Phase.Answered).filter(({ answered }) => world.now <= answered!.at + RULING_WINDOW);

/** Nothing to do for a party: it files another claim, where there are few. */
const otherwise = (table: Table, wanted: readonly Dispute[]): boolean => wanted.length === 0 && table.dice.chance(90);

/** When a claim was filed; now and then when another one was, as in a signature that waited. */
const secondOf = ({ dice }: Table, dispute: Dispute | undefined): bigint =>
  (dispute?.filedAt ?? 0n) + (dice.chance(84) ? 0n : dice.pick([1n, 86_400n]));

/** Out of what was bonded with the disputes, where there is some, and now and then where there is not. */
const fromBond = ({ world, cast, dice }: Table, by: string): boolean =>
  world.staking.poolOf(cast.disputes, by).free > 0n ? dice.chance(55) : dice.chance(8);

export const answer: Choice = (table) => {
  const { cast, commands, dice } = table;
  const wanted = unanswered(table);
  if (otherwise(table, wanted)) return file(table);
  const { id, dispute } = someDispute(table, wanted);
  const by = dice.rather(dispute === undefined ? [] : [dispute.provider], cast.everybody, 95);
  return commands.answer(by, id, secondOf(table, dispute), fromBond(table, by));
};

/** Disputes that hold earnings, of leases that changed hands since. */
const handedOn = ({ world }: Table, disputes: readonly Dispute[]): Dispute[] =>
  disputes.filter(({ held, tenant, leaseId }) => held > 0n && world.leases.all.get(leaseId)!.tenant !== tenant);

/** Disputes that can be conceded now, in a way that seldom is. */
export const concedable = (table: Table): Dispute[] => handedOn(table, [...unanswered(table), ...ruled(table)]);

export const concede: Choice = (table) => {
  const { cast, commands, dice } = table;
  const open = [...unanswered(table), ...ruled(table)];
  if (otherwise(table, open)) return file(table);
  const wanted = dice.listOf(handedOn(table, open), open, 70);
  const { id, dispute } = someDispute(table, wanted);
  const filedAt = secondOf(table, dispute);
  return commands.concede(
    dice.rather(dispute === undefined ? [] : [dispute.provider], cast.everybody, 92),
    id,
    filedAt,
  );
};

export const withdrawClaim: Choice = (table) => {
  const { cast, commands, dice } = table;
  const wanted = [...unanswered(table), ...ruled(table)];
  if (otherwise(table, wanted)) return file(table);
  const { id, dispute } = someDispute(table, wanted);
  const by = dice.rather(dispute === undefined ? [] : [dispute.claimant], cast.everybody, 92);
  return commands.withdrawClaim(by, id, secondOf(table, dispute));
};

/** A member that may vote and did not; often, where there is one, a party that was seated in time; now and then anybody. */
function voterOf({ world, cast, dice }: Table, dispute: Dispute | undefined): string {
  if (dispute === undefined) return dice.pick(cast.everybody);
  const { members } = world.council;
  const seated = members.filter((member) => world.council.seatedSince(member) < dispute.filedAt);
  const parties = seated.filter((member) => isParty(dispute, member));
  const voters = seated.filter((member) => !isParty(dispute, member) && !dispute.votes.has(member));
  const others = dice.listOf([dispute.claimant, dispute.tenant, dispute.provider], [...members, ...cast.everybody], 50);
  return dice.rather(dice.listOf(parties, voters, 30), others, 88);
}

/** Of one mind, mostly, about one dispute. */
export const rule: Choice = (table) => {
  const { commands, dice } = table;
  const wanted = ruled(table);
  if (otherwise(table, wanted)) return answer(table);
  const { id, dispute } = someDispute(table, wanted);
  const mind = ((dispute?.filedAt ?? 0n) + (dispute?.faultClass ?? 0n)) % 2n === 0n;
  return commands.rule(voterOf(table, dispute), id, secondOf(table, dispute), dice.chance(85) ? mind : !mind);
};

export const recuse: Choice = (table) => {
  const wanted = ruled(table);
  if (otherwise(table, wanted)) return answer(table);
  const { id, dispute } = someDispute(table, wanted);
  return table.commands.recuse(voterOf(table, dispute), id, secondOf(table, dispute));
};

/** Disputes whose outcome can be appealed, or could a moment ago. */
export const appealable = ({ world }: Table): Dispute[] =>
  [...world.disputes.all.values()].filter((dispute) => {
    const standing = standingOf(dispute, world.now);
    return standing?.appealable && world.now <= standing.from;
  });

export const appeal: Choice = (table) => {
  const { world, cast, commands, dice } = table;
  const wanted = appealable(table);
  if (otherwise(table, wanted)) return rule(table);
  const { id, dispute } = someDispute(table, wanted);
  if (dispute === undefined) return commands.appeal(dice.pick(cast.everybody), id, 0n, false);
  const outcome = standingOf(dispute, world.now)?.outcome;
  const losers = [
    ...(outcome === Outcome.Upheld ? [] : [dispute.claimant]),
    ...(outcome === Outcome.Rejected ? [] : [dispute.provider]),
  ];
  const others = dice.listOf([dispute.claimant, dispute.provider], cast.everybody, 60);
  const by = dice.rather(losers, others, 90);
  return commands.appeal(by, id, secondOf(table, dispute), fromBond(table, by));
};

/** One decision about several appeals, now and then about disputes without one. */
export const decide: Choice = (table) => {
  const { world, cast, commands, dice } = table;
  const open = inPhase(world, Phase.Appealed);
  if (otherwise(table, open)) return appeal(table);
  const first = dice.oneOf(open);
  const authority = first?.rules.appealAuthority ?? world.governor.timelock;
  const others = [...world.disputes.all.values()].filter(({ rules }) => rules.appealAuthority === authority);
  // Stale ones, too, whoever may decide them.
  const more = dice.some(dice.listOf(open, dice.chance(50) ? others : [...world.disputes.all.values()], 50), 2);
  const chosen = [...(first === undefined ? [] : [first]), ...(dice.chance(30) ? more : [])];
  const claims = chosen.map(({ id, filedAt }) => ({ disputeId: id, filedAt: filedAt + (dice.chance(3) ? 1n : 0n) }));
  if (dice.chance(2)) claims.push({ disputeId: 1n, filedAt: 0n });
  const decisions = claims.map((claim) => ({
    ...claim,
    outcome: dice.chance(3) ? Outcome.None : dice.between(1n, 3n),
  }));
  return commands.decide(dice.rather([authority], cast.everybody, 93), decisions);
};

export const execute: Choice = (table) => {
  const { world, cast, commands, dice } = table;
  const standing = [...world.disputes.all.values()].filter(
    (dispute) => dispute.executed === undefined && standingOf(dispute, world.now) !== undefined,
  );
  const ripe = standing.filter((dispute) => isRipe(dispute, world.now));
  const wanted = dice.listOf(ripe, standing, 90);
  if (otherwise(table, wanted)) return appeal(table);
  return commands.execute(dice.pick(cast.everybody), someDispute(table, wanted).id);
};

export const settleDispute: Choice = (table) => {
  const { world, cast, commands, dice } = table;
  const wanted = inPhase(world, Phase.Executed);
  if (otherwise(table, wanted)) return execute(table);
  return commands.settleDispute(dice.pick(cast.everybody), someDispute(table, wanted).id);
};

/** Shares of filing fees that wait for their members. */
export function uncollected({ disputes }: World): { id: bigint; filedAt: bigint; member: string }[] {
  return disputes.votes.entries().flatMap(([[id = "", filedAt = "", member = ""], vote]) => {
    const waits = (vote === Vote.Uphold || vote === Vote.Reject) && disputes.shares.of(id, filedAt) > 0n;
    return waits ? [{ id: BigInt(id), filedAt: BigInt(filedAt), member }] : [];
  });
}

export const collectFee: Choice = (table) => {
  const { world, cast, commands, dice } = table;
  const waiting = uncollected(world);
  const voted = world.disputes.votes.entries().map(([[id = "", filedAt = "", member = ""]]) => ({
    ...{ id: BigInt(id), filedAt: BigInt(filedAt), member },
  }));
  const chosen = dice.oneOf(dice.listOf(waiting, voted, 88));
  if (chosen === undefined) return settleDispute(table);
  const by = dice.rather([chosen.member], cast.everybody, 93);
  const to = dice.chance(92)
    ? dice.pick([by, dice.pick(cast.everybody)])
    : dice.pick([ZeroAddress, cast.disputes, cast.hold]);
  return commands.collectFee(by, chosen.id, chosen.filedAt + (dice.chance(3) ? 1n : 0n), to);
};

// ----------------------------------------------------------------------------------------------------- governance

const FEW = 4;
const MANY = 6;

/** Of members that lost it, or of anybody: parties of disputes among them. */
export const seat: Choice = ({ world, cast, commands, dice }) => {
  const { address, everybody } = cast;
  const { members } = world.council;
  const by = dice.rather([address.admin], everybody, 93);
  if (members.length > MANY && dice.chance(80)) return commands.unseat(by, dice.pick(members));
  const without = everybody.filter((one) => !members.includes(one));
  const member = dice.rather(without, [...everybody, ZeroAddress], 92);
  return commands.seat(by, member);
};

export const unseat: Choice = (table) => {
  const { world, cast, commands, dice } = table;
  const { members } = world.council;
  if (members.length <= FEW && dice.chance(85)) return seat(table);
  return commands.unseat(
    dice.rather([cast.address.admin], cast.everybody, 93),
    dice.rather(members, cast.everybody, 92),
  );
};

export const publishRules: Choice = ({ world, cast, commands, dice }) => {
  const odd = dice.chance(20) ? dice.below(8) : -1;
  const fraction = (index: number): bigint =>
    odd === index
      ? dice.pick([0n, 99n, 10_001n, 65_535n])
      : dice.pick([100n, 10_000n, dice.between(100n, 10_000n), dice.between(100n, 10_000n)]);
  const bondFloor = odd === 4 ? 10n ** 10n + 1n : dice.pick([0n, DEFAULT_RULES.bondFloor, dice.between(0n, 10n ** 7n)]);
  const rules = {
    appealAuthority: odd === 6 ? ZeroAddress : dice.rather([world.governor.timelock], cast.everybody, 75),
    bondFloor,
    filingFee: odd === 5 ? bondFloor + 1n : dice.pick([0n, bondFloor, dice.between(0n, bondFloor)]),
    treasury:
      odd === 7
        ? dice.pick([ZeroAddress, cast.disputes, cast.market, cast.staking, cast.council])
        : dice.pick([cast.address.admin, dice.pick(cast.everybody)]),
    unservedBps: fraction(0),
    shortOfTermsBps: fraction(1),
    dataLostBps: fraction(2),
    dataExposedBps: fraction(3),
  };
  return commands.publishRules(dice.rather([cast.address.admin], cast.everybody, 95), rules);
};

// ---------------------------------------------------------------------------------- keys that are slashing modules

/** Claims whatever it likes, where offers name it. */
export const openClaim: Choice = (table) => {
  const { world, cast, commands, dice } = table;
  const all = claimable(table, ...cast.rogues);
  if (all.length === 0 && dice.chance(90)) return open(table);
  const punished = all.filter(({ coveredUntil }) => coveredUntil > 0n);
  const leases = dice.listOf(punished, all, 50);
  const id = idOf(
    table,
    leases.map((lease) => lease.id),
  );
  const lease = world.leases.all.get(id);
  const { slasher } = world.offers.get(offerOf(id)) ?? { slasher: cast.disputes };
  const by = dice.rather(cast.rogues.includes(slasher) ? [slasher] : [], cast.everybody, 93);
  return commands.openClaim(by, id, claimantFor(table, lease), faultStartOf(table, lease));
};

/** Claims of keys that are slashing modules. */
const theirs = ({ world, cast }: Table) =>
  world.claims.open.filter(({ leaseId }) => cast.rogues.includes(world.offers.get(offerOf(leaseId))!.slasher));

/** Those whose fault began before the last punished one had been claimed: only what is worse counts. */
export const overlapping = (table: Table) =>
  theirs(table).filter(({ leaseId, faultStart }) => faultStart < table.world.leases.all.get(leaseId)!.coveredUntil);

/** Says what it likes, of whom it likes. */
export const endClaim: Choice = (table) => {
  const { world, cast, commands, dice } = table;
  const claim = dice.oneOf(dice.listOf(overlapping(table), theirs(table), 60));
  if (claim === undefined && dice.chance(90)) return openClaim(table);
  const leaseId = claim?.leaseId ?? idOf(table, []);
  const { slasher } = world.offers.get(offerOf(leaseId)) ?? { slasher: cast.disputes };
  const by = dice.rather(cast.everybody.includes(slasher) ? [slasher] : [], cast.everybody, 93);
  const claimant = dice.rather(claim === undefined ? [] : [claim.claimant], cast.everybody, 92);
  // Among what it tells is what it would like to have: all that it locked itself, or all that the claimant did.
  const token = world.offers.get(offerOf(leaseId))?.token ?? cast.tokens[0];
  const locked = [by, claimant].map((owner) => world.escrow.held(cast.market, token, owner).locked);
  const fractionBps = dice.pick([65_535n, ...locked, 10_000n, 10_000n, 99n, dice.between(0n, 10_000n)]);
  return commands.endClaim(by, leaseId, claimant, fractionBps, dice.chance(55));
};

/** Whatever module it was opened by; mostly one that is old enough, if there is one. */
export const lapseClaim: Choice = (table) => {
  const { world, cast, commands, dice } = table;
  const old = world.claims.open.filter(({ filedAt }) => filedAt + CLAIM_LIFE <= world.now + 1n);
  const claim = dice.oneOf(dice.listOf(old, world.claims.open, 90));
  if (claim === undefined && dice.chance(90)) return openClaim(table);
  const leaseId = claim?.leaseId ?? idOf(table, []);
  return commands.lapseClaim(dice.pick(cast.everybody), leaseId, claim?.claimant ?? dice.pick(cast.everybody));
};
