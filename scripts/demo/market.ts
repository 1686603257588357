import { type AddressLike, MaxUint256, ZeroAddress, ZeroHash } from "ethers";

import { permitDomain, signFunding, signPermit } from "../../sdk/funding";
import { leaseIdOf } from "../../sdk/ids";
import { packResources, parseResources, type ResourcesText } from "../../sdk/resources";
import { parseAmount, parseDuration, parsePrice, priceToX32Up } from "../../sdk/units";
import type { IEscrow, OrderStruct } from "../../typechain-types/contracts/market/Market";
import { type OfferFacts, WEIGHTED_RESOURCES } from "./facts";
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
  readonly prices: { readonly at: number; readonly x32: bigint }[];
}

type Weighted = OfferFacts["resources"];

const MOST_UINT48 = 2n ** 48n - 1n;

/** Puts HOLD at stake, hands heartbeats to an operator's key, and lets it be heard for the first time. */
export async function bond(world: World, name: ProviderName, amount: bigint): Promise<number> {
  const { people, contracts } = world;
  const [provider, operator] = [people[name], people[`${name} operator`]];
  await mined(contracts.hold.connect(people.founder).transfer(provider, amount));
  await mined(contracts.hold.connect(provider).approve(contracts.staking, amount));
  await mined(contracts.staking.connect(provider).bond(contracts.market, amount));
  await mined(contracts.liveness.connect(provider).setOperator(operator));
  return await mined(contracts.liveness.connect(operator).heartbeat(provider));
}

/** Creates an offer; its number is the next one. */
export async function offer(world: World, plan: OfferPlan, slasher: AddressLike = ZeroAddress): Promise<Offer> {
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
    slasher,
    contentHash: ZeroHash,
  };
  const market = contracts.market.connect(people[plan.provider]);
  const id = (await contracts.market.offerCount()) + 1n;
  const at = await mined(market.createOffer(terms, priceX32, plan.capacity));
  return {
    id,
    provider: plan.provider,
    token: plan.token,
    prices: [{ at, x32: priceX32 }],
    minDuration,
    resources: Object.fromEntries(WEIGHTED_RESOURCES.map((key) => [key, BigInt(resources[key])])) as Weighted,
  };
}

/** Changes an offer's price, and notes it. */
export async function setPrice(world: World, of: Offer, price: string): Promise<void> {
  const x32 = priceToX32Up(parsePrice(price), world.tokens[of.token].decimals);
  const provider = world.people[of.provider as ProviderName];
  of.prices.push({ at: await mined(world.contracts.market.connect(provider).setPrice(of.id, x32)), x32 });
}

function addressOf({ addresses }: World, provider: string): string {
  return addresses[provider as ProviderName];
}

/** What a tenant wants to happen with a lease before it ends. */
export interface RenewalPlan {
  readonly period: number;
  readonly count: number;
  readonly maxPrice: string;
  readonly fallbacks: readonly Offer[];
}

/** Places a standing order; renewing may cost the bounty of its token. */
export async function order(
  world: World,
  tenant: TenantName,
  lease: bigint,
  token: Symbol,
  plan: RenewalPlan,
): Promise<void> {
  const { decimals, bounty } = world.tokens[token];
  const maxPriceX32 = priceToX32Up(parsePrice(plan.maxPrice), decimals);
  const orders = world.contracts.orders.connect(world.people[tenant]);
  const fallbacks = plan.fallbacks.map(({ id, provider }) => ({ offer: id, provider: addressOf(world, provider) }));
  await mined(orders.setOrder(lease, plan.period, plan.count, maxPriceX32, bounty, fallbacks));
}

function orderFor(world: World, from: Offer, units: number, duration: number): OrderStruct {
  return {
    token: world.tokens[from.token].address,
    units,
    duration,
    maxLock: parseAmount("1000", world.tokens[from.token].decimals),
    requirement: packResources(parseResources({})),
    candidates: [
      {
        offer: from.id,
        provider: addressOf(world, from.provider),
        maxPricePerSecondX32: from.prices.at(-1)?.x32 ?? 0n,
      },
    ],
    replicas: 1,
    distinctRegions: false,
  };
}

/** A lease that was just opened. */
export interface Opened {
  readonly id: bigint;
  readonly openedAt: number;
}

/** The number that the next lease of an offer gets. */
export async function nextLease(world: World, from: Offer): Promise<bigint> {
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
): Promise<Opened> {
  const id = await nextLease(world, from);
  const { market } = world.contracts;
  const openedAt = await mined(market.connect(world.people[tenant]).open(orderFor(world, from, units, duration)));
  return { id, openedAt };
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
): Promise<Opened> {
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
  const id = await nextLease(world, from);
  const wanted = orderFor(world, from, units, duration);
  const openedAt = await mined(contracts.market.connect(wallet).openFunded(wanted, funding, signature, permit));
  return { id, openedAt };
}
