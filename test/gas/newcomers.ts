import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { parseEther } from "ethers";

import { createOffer } from "../helpers/leases";
import { machineOffer, type World } from "./world";

const NEWCOMERS_HOLD = parseEther("50000");

/** What providers bond at a time, wei of HOLD. */
export const BOND = parseEther("10000");

/** Bonds with the market, with the allowance that is given for it. */
export async function bond({ hold, staking, market }: World, provider: HardhatEthersSigner, allowance = BOND) {
  await hold.connect(provider).approve(staking, allowance);
  return staking.connect(provider).bond(market, BOND);
}

/** Somebody who never did anything here, with ether. */
export function newcomer({ others }: World, index = 0): HardhatEthersSigner {
  const signer = others[index];
  if (signer === undefined) throw new Error(`No newcomer ${index}: raise the number of accounts in hardhat.config.ts`);
  return signer;
}

/** A newcomer with HOLD whose votes it delegated to itself. */
export async function newHolder(world: World): Promise<HardhatEthersSigner> {
  const { hold, admin } = world;
  const holder = newcomer(world, 1);
  await hold.connect(admin).transfer(holder, NEWCOMERS_HOLD);
  await hold.connect(holder).delegate(holder);
  return holder;
}

/** The same world, seen from a provider that is new: bonded, live, with the same machine on offer. */
export async function newProvider(world: World): Promise<World> {
  const { liveness, market, token } = world;
  const provider = await newHolder(world);
  const operator = newcomer(world, 2);
  await bond(world, provider);
  await liveness.connect(provider).setOperator(operator);
  await liveness.connect(operator).heartbeat(provider);
  const offer = await createOffer(market, provider, machineOffer(token));
  return { ...world, provider, operator, offer };
}
