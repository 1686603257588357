import { MaxUint256, ZeroAddress, ZeroHash } from "ethers";

import { permitDomain, signFunding, signPermit } from "../../sdk/funding";
import { leaseIdOf } from "../../sdk/ids";
import { packResources, parseResources, type ResourcesText } from "../../sdk/resources";
import { parseAmount, parseDuration, parsePrice, priceToX32Up } from "../../sdk/units";
import type { IEscrow, OrderStruct } from "../../typechain-types/contracts/market/Market";
import { type OfferFacts, WEIGHTED_RESOURCES } from "./model";
import { mined, type Money, type ProviderName, type Symbol, type TenantName, type World } from "./world";

/** What the people of the demo do, by the calls that their programs would make. */

export interface OfferPlan {
  readonly provider: ProviderName;
  readonly token: Symbol;
  readonly what: string;
  readonly price: string;
  readonly resources: ResourcesText;
  readonly minDuration: string;
  readonly capacity: number;
}

export interface Offer extends OfferFacts {
  readonly id: bigint;
  readonly token: Symbol;
}

type Weighted = OfferFacts["resources"];

const MOST_UINT48 = 2n ** 48n - 1n;

/** Puts HOLD at stake, hands heartbeats to an operator's key, and lets it be heard for the first time. */
export async function bond(world: World, name: ProviderName, amount: bigint): Promise<number> {
  const { people, contracts } = world;
  const [provider, operator] = [people[name], people[`${name} operator`]];
  await mined(contracts.hold.connect(people.admin).transfer(provider, amount));
  await mined(contracts.hold.connect(provider).approve(contracts.staking, amount));
  await mined(contracts.staking.connect(provider).bond(contracts.market, amount));
  await mined(contracts.liveness.connect(provider).setOperator(operator));
  return await mined(contracts.liveness.connect(operator).heartbeat(provider));
}

/** Creates an offer; its number is the next one. */
export async function offer(world: World, plan: OfferPlan): Promise<Offer> {
  const { people, contracts, tokens } = world;
  const { address, decimals } = tokens[plan.token];
  const resources = parseResources(plan.resources);
  const priceX32 = priceToX32Up(parsePrice(plan.price), decimals);
  const minDuration = parseDuration(plan.minDuration);
  const terms = {
    resources: packResources(resources),
    minDuration,
    maxDuration: parseDuration("30d"),
    token: address,
    slasher: ZeroAddress,
    contentHash: ZeroHash,
  };
  const market = contracts.market.connect(people[plan.provider]);
  const id = (await contracts.market.offerCount()) + 1n;
  await mined(market.createOffer(terms, priceX32, plan.capacity));
  return {
    id,
    provider: plan.provider,
    token: plan.token,
    priceX32,
    minDuration,
    resources: Object.fromEntries(WEIGHTED_RESOURCES.map((key) => [key, BigInt(resources[key])])) as Weighted,
  };
}

function orderFor(world: World, from: Offer, units: number, duration: number): OrderStruct {
  return {
    token: world.tokens[from.token].address,
    units,
    duration,
    maxLock: parseAmount("1000", world.tokens[from.token].decimals),
    requirement: packResources(parseResources({})),
    candidates: [{ offer: from.id, maxPricePerSecondX32: from.priceX32 }],
    replicas: 1,
    distinctRegions: false,
  };
}

/** The number that the next lease of an offer gets. */
async function nextLease(world: World, from: Offer): Promise<bigint> {
  const [view] = await world.contracts.lens.offerViews(from.id, 1n);
  return leaseIdOf(from.id, (view?.leaseCount ?? 0n) + 1n);
}

/** Opens a lease out of what the tenant has in escrow. */
export async function open(
  world: World,
  tenant: TenantName,
  from: Offer,
  units: number,
  duration: number,
): Promise<bigint> {
  const leaseId = await nextLease(world, from);
  await mined(world.contracts.market.connect(world.people[tenant]).open(orderFor(world, from, units, duration)));
  return leaseId;
}

/** Funds a tenant as one does with three calls: an allowance, a deposit, and leave for the market. */
export async function fund(world: World, tenant: TenantName, money: Money, amount: bigint): Promise<void> {
  const { people, contracts } = world;
  const wallet = people[tenant];
  await mined(money.contract.connect(wallet).approve(contracts.escrow, amount));
  await mined(contracts.escrow.connect(wallet).deposit(money.address, wallet, amount));
  await mined(contracts.escrow.connect(wallet).approveModule(money.address, contracts.market, amount));
}

/** Deposits, gives the market leave, and opens a lease, all in one transaction, by two signatures. */
export async function openFunded(
  world: World,
  tenant: TenantName,
  from: Offer,
  units: number,
  duration: number,
  amount: bigint,
): Promise<bigint> {
  const { people, contracts, tokens } = world;
  const [wallet, money] = [people[tenant], tokens[from.token]];
  const [escrow, market] = [await contracts.escrow.getAddress(), await contracts.market.getAddress()];
  const { nonce } = await contracts.escrow.moduleAccount(market, money.address, wallet);
  const funding: IEscrow.FundingStruct = {
    account: wallet.address,
    token: money.address,
    module: market,
    ceiling: amount,
    deposit: amount,
    nonce,
    deadline: MOST_UINT48,
  };
  const chainId = Number((await world.provider.getNetwork()).chainId);
  const signature = await signFunding(wallet, escrow, chainId, funding);
  const domain = await permitDomain(money.contract, chainId);
  if (domain === undefined) throw new Error(`${money.symbol} takes no permits`);
  const permit = await signPermit(wallet, money.contract, domain, {
    spender: escrow,
    value: amount,
    deadline: MaxUint256,
  });
  const leaseId = await nextLease(world, from);
  const order = orderFor(world, from, units, duration);
  await mined(contracts.market.connect(wallet).openFunded(order, funding, signature, permit));
  return leaseId;
}
