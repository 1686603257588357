import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { network } from "hardhat";

import { Support } from "../helpers/governance";
import { type CheckpointRow, CHECKPOINTS } from "./limits";
import { bond, BOND } from "./newcomers";
import { gasOf, type Scenario } from "./scenario";
import { holder, poll } from "./voters";
import type { World } from "./world";

/** Has the votes of a delegate change so often, each time in another second. */
async function change({ hold, admin }: World, delegate: HardhatEthersSigner, times: number): Promise<void> {
  const data = hold.interface.encodeFunctionData("transfer", [delegate.address, 1n]);
  const call = { from: admin.address, to: await hold.getAddress(), data };
  for (let i = 0; i < times; ++i) await network.provider.send("eth_sendTransaction", [call]);
}

/** A vote of a holder whose votes changed so often before the snapshot, and so often since. */
async function vote(world: World, before: number, since: number): ReturnType<Scenario["send"]> {
  const voter = await holder(world);
  await change(world, voter, before);
  const id = await poll(world);
  await change(world, voter, since);
  return world.governor.connect(voter).castVote(id, Support.For);
}

/** A holder, and the provider, after the votes of both changed so often. */
async function changed(world: World, times: number): Promise<HardhatEthersSigner> {
  const other = await holder(world);
  for (const delegate of [other, world.provider]) await change(world, delegate, times);
  return other;
}

const ACTS: readonly (Pick<CheckpointRow, "action" | "history"> & {
  send(world: World, checkpoints: number): ReturnType<Scenario["send"]>;
})[] = [
  { action: "cast-vote", history: "before", send: (world, checkpoints) => vote(world, checkpoints, 0) },
  { action: "cast-vote", history: "amid", send: (world, checkpoints) => vote(world, checkpoints / 2, checkpoints / 2) },
  { action: "cast-vote", history: "since", send: (world, checkpoints) => vote(world, 0, checkpoints) },
  {
    action: "bond",
    history: "before",
    async send(world, checkpoints) {
      await changed(world, checkpoints);
      return bond(world, world.provider);
    },
  },
  {
    action: "bond-gift",
    history: "before",
    async send(world, checkpoints) {
      const { hold, staking, market, provider } = world;
      const giver = await changed(world, checkpoints);
      await hold.connect(giver).approve(staking, BOND);
      return staking.connect(giver).bondFor(market, provider, BOND);
    },
  },
  {
    action: "delegate",
    history: "before",
    send: async (world, checkpoints) => world.hold.connect(await changed(world, checkpoints)).delegate(world.provider),
  },
];

/** What voting, bonding and delegating cost while votes never changed, and after they changed `CHECKPOINTS` times. */
export async function measureCheckpoints(world: World): Promise<CheckpointRow[]> {
  const rows: CheckpointRow[] = [];
  for (const { action, history, send } of ACTS) {
    const none = await gasOf(() => send(world, 0));
    rows.push({ action, history, none, many: await gasOf(() => send(world, CHECKPOINTS)) });
  }
  return rows;
}
