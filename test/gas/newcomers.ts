import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { parseEther } from "ethers";

import { createOffer } from "../helpers/leases";
import { DAY } from "../helpers/parameters";
import { FAR_DEADLINE, signFunding, signPermit } from "../helpers/signatures";
import { CEILING, dollars, machineOffer, running, type World } from "./world";

const NEWCOMERS_HOLD = parseEther("50000");

/** What providers bond at a time, wei of HOLD. */
export const BOND = parseEther("10000");

/** Bonds with the market, with the allowance that is given for it. */
export async function bond({ hold, staking, market }: World, provider: HardhatEthersSigner, allowance = BOND) {
  await hold.connect(provider).approve(staking, allowance);
  return staking.connect(provider).bond(market, BOND);
}

/** Gives a tenant money in its wallet. */
export async function payer(world: World, tenant: HardhatEthersSigner): Promise<HardhatEthersSigner> {
  await world.usd6.mint(tenant, dollars(10_000));
  return tenant;
}

/** Deposits with the allowance that is given for it. */
export async function deposit(
  { usd6, escrow, token }: World,
  tenant: HardhatEthersSigner,
  amount: bigint,
  allowance = amount,
) {
  await usd6.connect(tenant).approve(escrow, allowance);
  return escrow.connect(tenant).deposit(token, tenant, amount);
}

/** Gives a tenant `amount` in escrow, and the market a finite ceiling there. */
export async function funded(world: World, tenant: HardhatEthersSigner, amount: bigint): Promise<HardhatEthersSigner> {
  await deposit(world, await payer(world, tenant), amount);
  await world.escrow.connect(tenant).approveModule(world.token, world.market, CEILING);
  return tenant;
}

/** Signs a tenant's first funding, of `amount` for a ceiling of as much, and the permit for it. */
export async function signedFunding(
  { escrow, market, usd6, token }: World,
  tenant: HardhatEthersSigner,
  amount: bigint,
) {
  const funding = {
    account: tenant.address,
    token,
    module: await market.getAddress(),
    ceiling: amount,
    deposit: amount,
    nonce: 0,
    deadline: FAR_DEADLINE,
  };
  const signature = await signFunding(tenant, escrow, funding);
  const permit = await signPermit(tenant, usd6, { spender: await escrow.getAddress(), value: amount });
  return { funding, signature, permit };
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
  return settleIn(world, await newHolder(world), newcomer(world, 2));
}

/** The same world, seen from another provider, the first or the second, that has a lease running. */
export async function rival(world: World, index: 0 | 1): Promise<World> {
  const { hold, providerB, operatorB, providerC, operatorC, tenant } = world;
  const [provider, operator] = (
    [
      [providerB, operatorB],
      [providerC, operatorC],
    ] as const
  )[index];
  await hold.connect(provider).delegate(provider);
  const other = await settleIn(world, provider, operator);
  await running(other, [{ tenant: tenant.address, duration: 7 * DAY }]);
  return other;
}

async function settleIn(world: World, provider: HardhatEthersSigner, operator: HardhatEthersSigner): Promise<World> {
  const { liveness, market, token } = world;
  await bond(world, provider);
  await liveness.connect(provider).setOperator(operator);
  await liveness.connect(operator).heartbeat(provider);
  const offer = await createOffer(market, provider, machineOffer(token));
  return { ...world, provider, operator, offer };
}
