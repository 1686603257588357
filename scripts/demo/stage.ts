import { setTimeout as sleep } from "node:timers/promises";

import { formatLeaseId } from "../../sdk/ids";
import { formatDuration, MILLIONTH } from "../../sdk/units";
import type { Proposal } from "./governance";
import type { KeeperProcess } from "./keeper";
import { bond, fund, offer, type Offer, open, type Opened, openFunded, order, type RenewalPlan } from "./market";
import type { Change, Facts, LeaseFacts, Rules } from "./facts";
import type { ChainClock } from "./node";
import { BONDS, HEARTBEAT, type OfferKey, OFFERS, SILENCE } from "./plot";
import type { Screen } from "./screen";
import { mined, type Person, PROVIDERS, type ProviderName, type Symbol, type TenantName, type World } from "./world";

/** While a keeper is waited for, blocks of so many seconds come so fast. */
const BLOCK_SECONDS = 5;
const BLOCK_MS = 300;

/** A lease of the story, and what was done with it so far. */
export interface StoryLease extends LeaseFacts {
  readonly id: bigint;
  readonly tenant: TenantName;
  readonly offer: Offer;
  readonly changes: Change[];
  activatedAt?: number;
  closedAt?: number;
}

/** Who opens what. */
interface Wish {
  readonly tenant: TenantName;
  readonly from: OfferKey;
  readonly units: number;
  readonly duration: number;
}

/** Where the story takes place: carries out what people do, lets time pass, and keeps the facts for the ledger. */
export class Stage {
  readonly leases: StoryLease[] = [];
  private readonly heartbeats: Record<ProviderName, number[]> = { Webhaus: [], Corewerk: [], Tensorei: [] };
  private readonly feeChanges: { at: number; bps: bigint }[] = [];
  private readonly deposits: { account: TenantName; token: Symbol; amount: bigint }[] = [];
  private readonly offers: Partial<Record<OfferKey, Offer>> = {};
  /** When everybody was heard last, in seconds after the start. */
  private heardAt = 0;

  constructor(
    readonly world: World,
    readonly clock: ChainClock,
    private readonly keeper: KeeperProcess,
    private readonly screen: Screen,
  ) {}

  /** What was done, for the independent computation. */
  facts(): Facts {
    const { parameters, tokens } = this.world;
    const { weights, terms, liveness } = parameters;
    const wei = (millionths: number): bigint => BigInt(millionths) * MILLIONTH;
    const rules: Rules = {
      fees: [{ at: 0, bps: BigInt(terms.fee) }, ...this.feeChanges],
      noShowBps: BigInt(terms.noShowPenalty),
      tenantBps: 8_000n,
      grace: liveness.grace,
      outageAllowance: liveness.outageAllowance,
      toleranceBps: terms.tolerance,
      creditPeriod: terms.creditPeriod,
      weights: {
        cpu: wei(weights.cpu),
        memoryMiB: wei(weights.memoryMiB),
        diskGiB: wei(weights.diskGiB),
        bandwidthMbps: wei(weights.bandwidthMbps),
        gpuCount: wei(weights.gpuTier3), // the only GPU here is of the highest tier
      },
      bounties: Object.fromEntries(Object.values(tokens).map(({ symbol, bounty }) => [symbol, bounty])),
    };
    const bonds = PROVIDERS.map((provider) => ({ provider, amount: BONDS[provider] }));
    const { heartbeats, deposits, leases } = this;
    return { rules, leases, heartbeats, deposits, bonds, keeper: "keeper", treasury: "treasury" };
  }

  // ----------------------------------------------------------------------------------------------- governance

  /** Carries out a proposal that changes the fee. */
  async changeFee(proposal: Proposal, bps: bigint): Promise<void> {
    this.feeChanges.push({ at: await proposal.execute(), bps });
  }

  // ----------------------------------------------------------------------------------------------- providers

  /** Counts time from now on, with everybody's machines heard. */
  async begin(): Promise<void> {
    await this.clock.start();
    this.heardAt = 0;
    for (const name of PROVIDERS) await this.heartbeat(name);
  }

  private async heartbeat(name: ProviderName): Promise<void> {
    const operator = this.world.people[`${name} operator`];
    const beat = this.world.contracts.liveness.connect(operator).heartbeat(this.world.people[name]);
    this.heartbeats[name].push(await mined(beat));
  }

  async bond(name: ProviderName): Promise<void> {
    this.heartbeats[name].push(await bond(this.world, name, BONDS[name]));
  }

  async offer(key: OfferKey): Promise<void> {
    this.offers[key] = await offer(this.world, OFFERS[key]);
  }

  offerOf(key: OfferKey): Offer {
    const found = this.offers[key];
    if (found === undefined) throw new Error(`the offer ${key} was not made yet`);
    return found;
  }

  /** A provider's operator starts leases. */
  async activate(name: ProviderName, leases: readonly StoryLease[]): Promise<void> {
    const startedAt = await mined(this.marketOf(`${name} operator`).activate(leases.map(({ id }) => id)));
    for (const lease of leases) lease.activatedAt = startedAt;
    await this.say(`${name} activates ${leases.map((lease) => lease.name).join(", ")}`);
  }

  // ------------------------------------------------------------------------------------------------- tenants

  /** Mints what a tenant has in its wallet. */
  async mint(tenant: TenantName, token: Symbol, amount: bigint): Promise<void> {
    const { people, tokens } = this.world;
    await mined(tokens[token].contract.connect(people.founder).mint(people[tenant], amount));
  }

  /** Deposits by three calls. */
  async fund(tenant: TenantName, token: Symbol, amount: bigint): Promise<void> {
    await fund(this.world, tenant, this.world.tokens[token], amount);
    this.deposits.push({ account: tenant, token, amount });
  }

  /** Deposits and opens a first lease in one transaction. */
  async openFunded(wish: Wish, amount: bigint): Promise<StoryLease> {
    const { tenant, from, units, duration } = wish;
    const offered = this.offerOf(from);
    const opened = await openFunded(this.world, tenant, offered, units, duration, amount);
    this.deposits.push({ account: tenant, token: offered.token, amount });
    return this.note(wish, opened);
  }

  async open(wish: Wish): Promise<StoryLease> {
    const { tenant, from, units, duration } = wish;
    return this.note(wish, await open(this.world, tenant, this.offerOf(from), units, duration));
  }

  /** Notes a lease that was opened: by its tenant, or by somebody else on its tenant's order. */
  note({ tenant, from, units, duration }: Wish, { id, openedAt }: Opened, openedBy?: Person): StoryLease {
    const lease: StoryLease = {
      name: formatLeaseId(id),
      id,
      tenant,
      offer: this.offerOf(from),
      units: BigInt(units),
      duration,
      openedAt,
      changes: [],
      ...(openedBy !== undefined && { openedBy }),
    };
    this.leases.push(lease);
    return lease;
  }

  async order({ id, tenant, offer: of }: StoryLease, plan: RenewalPlan): Promise<void> {
    await order(this.world, tenant, id, of.token, plan);
  }

  async close(lease: StoryLease): Promise<void> {
    lease.closedAt = await mined(this.marketOf(lease.tenant).close(lease.id));
  }

  async resize(lease: StoryLease, units: number): Promise<void> {
    const most = lease.offer.prices.at(-1)?.x32 ?? 0n;
    const maxCost = 10n ** BigInt(this.world.tokens[lease.offer.token].decimals);
    const at = await mined(this.marketOf(lease.tenant).resize(lease.id, units, most, maxCost));
    lease.changes.push({ kind: "resize", at, units: BigInt(units) });
  }

  // ------------------------------------------------------------------------------------------------- the keeper

  /** Waits until the keeper has renewed the lease once more. */
  async awaitRenewal(lease: StoryLease, period: number): Promise<void> {
    const times = lease.changes.filter(({ kind }) => kind === "renewal").length;
    const { at } = await this.receiptOf(await this.blocksUntil(this.keeper.hasDone(`renew ${lease.name}`, times + 1)));
    lease.changes.push({ kind: "renewal", at, period, by: "keeper" });
  }

  /** Waits until the keeper has opened a lease on the order's fallback, in the place of one whose provider fails. */
  async awaitFailOver(lease: StoryLease, to: OfferKey, period: number): Promise<StoryLease> {
    const { orders } = this.world.contracts;
    const { at, block } = await this.receiptOf(
      await this.blocksUntil(this.keeper.hasDone(`failOver ${lease.name}`, 1)),
    );
    const [event] = await orders.queryFilter(orders.filters.OrderFailedOver(lease.id), block, block);
    if (event === undefined) throw new Error(`the keeper did not fail ${lease.name} over, though it said so`);
    const wish = { tenant: lease.tenant, from: to, units: Number(lease.units), duration: period };
    return this.note(wish, { id: event.args.to, openedAt: at }, "keeper");
  }

  /** Lets blocks come while the keeper works, as they do on other chains: it looks again with each. */
  private async blocksUntil<T>(work: Promise<T>): Promise<T> {
    let isOver = false;
    const over = (): void => void (isOver = true);
    work.then(over, over);
    while (!isOver) {
      await Promise.race([work, sleep(BLOCK_MS)]);
      if (isOver) break;
      await this.clock.reach((await this.clock.now()) + BLOCK_SECONDS);
      await this.beatUntil(await this.clock.elapsed());
    }
    return work;
  }

  /** Chain time and number of the block that a transaction is in. */
  private async receiptOf(hash: string): Promise<{ at: number; block: number }> {
    const receipt = await this.world.provider.getTransactionReceipt(hash);
    if (receipt === null) throw new Error(`the keeper said that ${hash} was mined, and it was not`);
    return { at: (await receipt.getBlock()).timestamp, block: receipt.blockNumber };
  }

  /** Waits until the keeper has ended these leases. */
  async awaitKeeper(leases: readonly StoryLease[]): Promise<void> {
    await this.blocksUntil(this.keeper.hasEnded(leases.map(({ name }) => name)));
  }

  /** Lets time pass, with a heartbeat of every machine that is up every four minutes. */
  async passTo(seconds: number): Promise<void> {
    await this.beatUntil(seconds);
    await this.clock.moveTo(seconds);
  }

  /** Heartbeats that are due until then, each in its time. */
  private async beatUntil(seconds: number): Promise<void> {
    while (this.heardAt + HEARTBEAT <= seconds) {
      this.heardAt += HEARTBEAT;
      await this.clock.moveTo(this.heardAt);
      for (const name of PROVIDERS) {
        if (name === "Corewerk" && this.heardAt >= SILENCE.from && this.heardAt < SILENCE.to) continue;
        await this.heartbeat(name);
      }
    }
  }

  marketOf(person: Person): World["contracts"]["market"] {
    return this.world.contracts.market.connect(this.world.people[person]);
  }

  listOf(tenant: TenantName): string {
    const own = this.leases.filter((lease) => lease.tenant === tenant);
    return own.map(({ name, units, duration }) => `${name} (${units} x ${formatDuration(duration)})`).join(", ");
  }

  async say(text: string): Promise<void> {
    this.screen.event(this.clock.label(await this.clock.now()), text);
  }
}
