import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { time } from "@nomicfoundation/hardhat-network-helpers";
import { parseEther, ZeroAddress } from "ethers";

import { APPEAL_WINDOW, disputeIdOf, EVIDENCE, FaultClass } from "../helpers/disputes";
import { dearSecond, ranAnHour } from "./changes";
import type { Scenario } from "./scenario";
import { serve, type World } from "./world";

const AN_HOUR_AGO = 3_600;

/** A lease that ran for an hour and is claimed by `claimant`, who lets the disputes take just what they take. */
async function file(world: World, claimant: HardhatEthersSigner) {
  const { disputes, hold } = world;
  const leaseId = await ranAnHour(world);
  await hold.connect(claimant).approve(disputes, 0n);
  const { collateral } = await world.lens.leaseView(leaseId);
  const { filingFee } = await disputes.rulesOf(await disputes.currentRules());
  await hold.connect(claimant).approve(disputes, (await disputes.bondFor(collateral)) + filingFee * 10n ** 12n);
  const faultStart = dearSecond((await time.latest()) + 1 - AN_HOUR_AGO / 2);
  const sent = await disputes.connect(claimant).file(leaseId, world.tenant, FaultClass.DataLost, faultStart, EVIDENCE);
  return { id: disputeIdOf(leaseId, claimant), filedAt: await time.latest(), sent };
}

/** The same, answered. */
async function answered(world: World, claimant: HardhatEthersSigner) {
  const { disputes, hold, provider } = world;
  const { id, filedAt } = await file(world, claimant);
  await hold.connect(provider).approve(disputes, parseEther("1000000"));
  return { id, filedAt, sent: await disputes.connect(provider).answer(id, filedAt, false) };
}

/** The same, upheld by three of five members; `sent` is the vote that decides. */
async function upheld(world: World, claimant: HardhatEthersSigner) {
  const { disputes, memberA, memberB, memberC } = world;
  const { id, filedAt } = await answered(world, claimant);
  await disputes.connect(memberA).rule(id, filedAt, true);
  await disputes.connect(memberB).rule(id, filedAt, true);
  return { id, sent: await disputes.connect(memberC).rule(id, filedAt, true) };
}

/** The same, executed by the keeper once nobody can appeal any more. */
async function executed(world: World, claimant: HardhatEthersSigner) {
  const { disputes, keeper } = world;
  const { id } = await upheld(world, claimant);
  await time.increase(APPEAL_WINDOW);
  return { id, sent: await disputes.connect(keeper).execute(id) };
}

/** The same, paid out. */
async function settled(world: World, claimant: HardhatEthersSigner) {
  const { disputes, keeper } = world;
  const { id } = await executed(world, claimant);
  return { id, sent: await disputes.connect(keeper).settle(id) };
}

/** A world in which the claimant won a dispute before, and its bonds were paid out but for the fee. */
async function after(world: World, claimant: HardhatEthersSigner): Promise<World> {
  await settled(world, claimant);
  await serve(world, 60);
  return world;
}

/** The same world, in which the provider's votes are nobody's: a seizure moves no checkpoint. */
async function undelegated(world: World): Promise<World> {
  await world.hold.connect(world.provider).delegate(ZeroAddress);
  return world;
}

/** The same world, in which the tenant's votes are its own: what it pays moves a checkpoint. */
async function delegated(world: World): Promise<World> {
  await world.hold.connect(world.tenant).delegate(world.tenant);
  return world;
}

const sentBy = async (step: Promise<{ sent: Awaited<ReturnType<typeof file>>["sent"] }>) => (await step).sent;

/** Disputes about leases of an hour and more, past their minimum. */
export const DISPUTES: readonly Scenario[] = [
  {
    action: "dispute-open",
    state: "first",
    items: 1,
    conditions: "as steady, but the first claim on this chain that holds earnings in this token, and the first bond",
    send: (world) => sentBy(file(world, world.tenant)),
  },
  {
    action: "dispute-open",
    state: "steady",
    items: 1,
    conditions:
      "by the tenant, about a lease that ran for an hour and was never collected: half of what it earned is held; HOLD out of an allowance of exactly bond and fee, votes not delegated",
    send: async (world) => sentBy(file(await after(world, world.tenant), world.tenant)),
  },
  {
    action: "dispute-open-delegated",
    state: "steady",
    items: 1,
    conditions: "the same by a tenant whose votes are delegated",
    send: async (world) => sentBy(file(await after(await delegated(world), world.tenant), world.tenant)),
  },
  {
    action: "dispute-open-challenger",
    state: "steady",
    items: 1,
    conditions: "by a challenger, about the same",
    send: async (world) => sentBy(file(await after(world, world.stranger), world.stranger)),
  },
  {
    action: "dispute-answer",
    state: "steady",
    items: 1,
    conditions: "by the provider, whose votes are delegated, out of an allowance of which some is left",
    send: async (world) => sentBy(answered(await after(world, world.tenant), world.tenant)),
  },
  {
    action: "dispute-rule",
    state: "steady",
    items: 1,
    conditions: "the vote that decides: the third of five members",
    send: (world) => sentBy(upheld(world, world.tenant)),
  },
  {
    action: "dispute-execute",
    state: "first",
    items: 1,
    conditions: "as steady, but the first penalty on this chain and in its provider's record",
    send: async (world) => sentBy(executed(await undelegated(world), world.tenant)),
  },
  {
    action: "dispute-execute",
    state: "steady",
    items: 1,
    conditions:
      "a tenant's claim that was upheld: half of the collateral is seized from a provider whose votes are not delegated, held earnings return",
    send: async (world) => sentBy(executed(await undelegated(await after(world, world.tenant)), world.tenant)),
  },
  {
    action: "dispute-execute-delegated",
    state: "steady",
    items: 1,
    conditions: "the same of a provider whose votes are delegated",
    send: async (world) => sentBy(executed(await after(world, world.tenant), world.tenant)),
  },
  {
    action: "dispute-execute-challenger",
    state: "steady",
    items: 1,
    conditions: "a challenger's claim that was upheld: the same penalty, with a reward, and no earnings",
    send: async (world) => sentBy(executed(await undelegated(await after(world, world.stranger)), world.stranger)),
  },
  {
    action: "dispute-settle",
    state: "steady",
    items: 1,
    conditions: "pays both bonds to the claimant, and writes down the members' shares of the fee",
    send: async (world) => sentBy(settled(await after(world, world.tenant), world.tenant)),
  },
];
