import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { time } from "@nomicfoundation/hardhat-network-helpers";
import { parseEther } from "ethers";
import { ethers } from "hardhat";

import { argumentsOf, proposalIdOf, Support, untilReady, untilVoted, untilVoting } from "../helpers/governance";
import { DEFAULT_TERMS, DEFAULT_WEIGHTS, HOUR } from "../helpers/parameters";
import { signBallot } from "../helpers/signatures";
import { BOND, newcomer } from "./newcomers";
import type { Scenario } from "./scenario";
import { FIRST_HOLDER, sendAll, type World } from "./world";

/** Less than the quorum, and more. */
const FEW_VOTES = parseEther("1000000");
const MANY_VOTES = parseEther("50000000");

/** A holder whose votes are its own, and changed once. */
export async function holder(world: World, amount = FEW_VOTES): Promise<HardhatEthersSigner> {
  const { hold, admin } = world;
  const signer = newcomer(world, FIRST_HOLDER + 1);
  await hold.connect(admin).transfer(signer, amount);
  await hold.connect(signer).delegate(signer);
  return signer;
}

/** Proposes to lower the fee of new leases to 2 %, or for want of another difference under another title. */
async function propose(world: World, title = "Lower the fee of new leases to 2 %") {
  const { market, governor, treasury, proposer } = world;
  const terms = { treasury: treasury.address, ...DEFAULT_TERMS, feeBps: 200n };
  const data = market.interface.encodeFunctionData("publishTerms", [terms, DEFAULT_WEIGHTS]);
  const proposal = await argumentsOf([{ target: market, data }], title);
  const sent = await governor.connect(proposer).propose(...proposal);
  return { id: await proposalIdOf(world, proposal), sent };
}

/** A proposal on which voting began, and for which these voted. */
export async function poll(world: World, voters = world.voters, title?: string): Promise<bigint> {
  const { governor } = world;
  const { id } = await propose(world, title);
  await untilVoting(world, id);
  const to = await governor.getAddress();
  const data = governor.interface.encodeFunctionData("castVote", [id, Support.For]);
  await sendAll(voters.map((from) => ({ from, to, data })));
  return id;
}

/** A proposal that was voted for by a quorum, its time over. */
async function succeeded(world: World): Promise<bigint> {
  const voter = await holder(world, MANY_VOTES);
  const id = await poll(world);
  await world.governor.connect(voter).castVote(id, Support.For);
  await untilVoted(world, id);
  return id;
}

/** The same, queued by the keeper. */
async function queued(world: World) {
  const id = await succeeded(world);
  return { id, sent: await world.governor.connect(world.keeper)["queue(uint256)"](id) };
}

/** A wallet with code that signs what its owner wants; the votes of a holder are delegated to it. */
async function wallet(world: World) {
  const signer = await ethers.deployContract("ScriptedWallet");
  const yes = signer.interface.getFunction("isValidSignature").selector.padEnd(66, "0");
  await signer.script(yes, false);
  await world.hold.connect(await holder(world)).delegate(signer);
  return signer;
}

/** Votes by signature, with the keeper as relay. */
async function signed(world: World, voter: HardhatEthersSigner, id: bigint) {
  const signature = await signBallot(voter, world.governor, { proposalId: id, support: Support.For });
  return world.governor.connect(world.keeper).castVoteBySig(id, Support.For, voter, signature);
}

/** The same with the wallet, which looks at nothing. */
async function signedByWallet(world: World, voter: Awaited<ReturnType<typeof wallet>>, id: bigint) {
  const signature = `0x${"ab".repeat(65)}`;
  return world.governor.connect(world.keeper).castVoteBySig(id, Support.For, voter, signature);
}

const AN_EARLIER_ONE = "Something else";

/** What holders, delegates and proposers send. */
export const VOTERS: readonly Scenario[] = [
  {
    action: "cast-vote",
    state: "first",
    items: 1,
    conditions: "the first vote against, after many for it",
    async send(world) {
      const voter = await holder(world);
      return world.governor.connect(voter).castVote(await poll(world), Support.Against);
    },
  },
  {
    action: "cast-vote",
    state: "steady",
    items: 1,
    conditions:
      "by a holder whose votes changed once, against, as others voted; below the quorum. A vote for costs less, since less of the tally is left to read",
    async send(world) {
      const voter = await holder(world);
      const id = await poll(world);
      await world.governor.connect(world.proposer).castVote(id, Support.Against);
      return world.governor.connect(voter).castVote(id, Support.Against);
    },
  },
  {
    action: "cast-vote-quorum",
    state: "first",
    items: 1,
    conditions: "as steady, but the first vote of all",
    async send(world) {
      const voter = await holder(world, MANY_VOTES);
      return world.governor.connect(voter).castVote(await poll(world, []), Support.For);
    },
  },
  {
    action: "cast-vote-quorum",
    state: "steady",
    items: 1,
    conditions: "the vote that reaches the quorum",
    async send(world) {
      const voter = await holder(world, MANY_VOTES);
      return world.governor.connect(voter).castVote(await poll(world), Support.For);
    },
  },
  {
    action: "cast-vote-quorum-late",
    state: "steady",
    items: 1,
    conditions: "the same in the last hour, so that voting goes on for a day",
    async send(world) {
      const voter = await holder(world, MANY_VOTES);
      const id = await poll(world);
      await time.increaseTo((await world.governor.proposalDeadline(id)) - BigInt(HOUR));
      return world.governor.connect(voter).castVote(id, Support.For);
    },
  },
  {
    action: "cast-vote-signed",
    state: "first",
    items: 1,
    conditions: "as steady, but the voter's first signature that the governor sees",
    async send(world) {
      const voter = await holder(world);
      return signed(world, voter, await poll(world));
    },
  },
  {
    action: "cast-vote-signed",
    state: "steady",
    items: 1,
    conditions: "a vote for, as others voted, by the signature of a key, which somebody else sends",
    async send(world) {
      const voter = await holder(world);
      await signed(world, voter, await poll(world, [], AN_EARLIER_ONE));
      return signed(world, voter, await poll(world));
    },
  },
  {
    action: "cast-vote-signed-wallet",
    state: "first",
    items: 1,
    conditions: "as steady, but the wallet's first signature that the governor sees",
    async send(world) {
      const voter = await wallet(world);
      return signedByWallet(world, voter, await poll(world));
    },
  },
  {
    action: "cast-vote-signed-wallet",
    state: "steady",
    items: 1,
    conditions:
      "the same by a wallet with code (ERC-1271), which reads three slots and looks at nothing: what a real one checks comes on top",
    async send(world) {
      const voter = await wallet(world);
      await signedByWallet(world, voter, await poll(world, [], AN_EARLIER_ONE));
      return signedByWallet(world, voter, await poll(world));
    },
  },
  {
    action: "delegate",
    state: "first",
    items: 1,
    conditions: "the first time, by a holder to itself",
    async send(world) {
      const { hold, admin } = world;
      const signer = newcomer(world, FIRST_HOLDER + 1);
      await hold.connect(admin).transfer(signer, FEW_VOTES);
      return hold.connect(signer).delegate(signer);
    },
  },
  {
    action: "delegate",
    state: "steady",
    items: 1,
    conditions: "from itself to somebody with votes",
    send: async (world) => world.hold.connect(await holder(world)).delegate(world.proposer),
  },
  {
    action: "bond-gift",
    state: "steady",
    items: 1,
    conditions: "adds to somebody else's bond, as bond; the votes move from one's own delegate to the provider's",
    async send(world) {
      const { hold, staking, market, provider } = world;
      const giver = await holder(world);
      await hold.connect(giver).approve(staking, BOND);
      return staking.connect(giver).bondFor(market, provider, BOND);
    },
  },
  {
    action: "propose",
    state: "steady",
    items: 1,
    conditions: "to publish terms with another fee, in a few words",
    send: async (world) => (await propose(world)).sent,
  },
  {
    action: "queue",
    state: "steady",
    items: 1,
    conditions: "that proposal, by anyone, by its id",
    send: async (world) => (await queued(world)).sent,
  },
  {
    action: "execute",
    state: "steady",
    items: 1,
    conditions: "the same after the delay, by anyone, by its id: the fee changes",
    async send(world) {
      const { id } = await queued(world);
      await untilReady(world, id);
      return world.governor.connect(world.keeper)["execute(uint256)"](id);
    },
  },
];
