import { parseEther } from "ethers";

import { formatLeaseId } from "../../sdk/ids";
import { formatAmount, formatDuration, parseAmount } from "../../sdk/units";
import type { KeeperProcess } from "./keeper";
import { bond, fund, offer, type Offer, type OfferPlan, open, openFunded } from "./market";
import type { Facts, LeaseFacts, Rules } from "./model";
import type { ChainClock } from "./node";
import type { Screen } from "./screen";
import { mined, PROVIDERS, type ProviderName, type TenantName, TENANTS, type World } from "./world";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A little more often than the grace of ten minutes asks. */
const HEARTBEAT = 9 * MINUTE;

const BONDS: Readonly<Record<ProviderName, bigint>> = {
  Webhaus: parseEther("100"),
  Corewerk: parseEther("500"),
  Tensorei: parseEther("5000"),
};

const OFFERS = {
  web: {
    provider: "Webhaus",
    token: "DUSD",
    what: "web sites",
    price: "0.018/h",
    resources: { cpu: "1", memory: "2GiB", disk: "40GiB", bandwidth: "200Mbps" },
    minDuration: "1h",
    capacity: 20,
  },
  cpu: {
    provider: "Corewerk",
    token: "DUSD",
    what: "CPU servers",
    price: "0.64/h",
    resources: { cpu: "16", memory: "64GiB", disk: "500GiB", bandwidth: "1000Mbps" },
    minDuration: "1h",
    capacity: 8,
  },
  cpuInCoin: {
    provider: "Corewerk",
    token: "DCOIN",
    what: "CPU servers",
    price: "0.61/h",
    resources: { cpu: "16", memory: "64GiB", disk: "500GiB", bandwidth: "1000Mbps" },
    minDuration: "1h",
    capacity: 8,
  },
  gpu: {
    provider: "Tensorei",
    token: "DCOIN",
    what: "H100 servers",
    price: "2.37/h",
    resources: { cpu: "12", memory: "96GiB", disk: "1000GiB", bandwidth: "1000Mbps", gpu: "h100" },
    minDuration: "1h",
    capacity: 4,
  },
} as const satisfies Record<string, OfferPlan>;

/** Corewerk's operator is not heard between these moments. */
const SILENCE = { from: 20 * MINUTE, to: 85 * MINUTE };

interface StoryLease extends LeaseFacts {
  readonly id: bigint;
  readonly offer: Offer;
  activatedAt?: number;
  closedAt?: number;
}

/** The market's life: what people do, in the order of the chain's time, and the facts for the ledger. */
export class Story {
  readonly leases: StoryLease[] = [];
  private readonly heartbeats: Record<ProviderName, number[]> = { Webhaus: [], Corewerk: [], Tensorei: [] };
  private readonly deposits: { account: TenantName; token: "DUSD" | "DCOIN"; amount: bigint }[] = [];
  private readonly offers: Partial<Record<keyof typeof OFFERS, Offer>> = {};
  /** When everybody was heard last, in seconds after the start. */
  private heardAt = 0;

  constructor(
    private readonly world: World,
    private readonly clock: ChainClock,
    private readonly keeper: KeeperProcess,
    private readonly screen: Screen,
  ) {}

  /** What was done, for the independent computation. */
  facts(): Facts {
    const { parameters, tokens } = this.world;
    const { weights, terms, liveness } = parameters;
    const wei = (millionths: number): bigint => BigInt(millionths) * 10n ** 12n;
    const rules: Rules = {
      feeBps: BigInt(terms.fee),
      noShowBps: BigInt(terms.noShowPenalty),
      tenantBps: 8_000n,
      grace: liveness.grace,
      outageAllowance: liveness.outageAllowance,
      toleranceBps: terms.tolerance,
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

  /** Providers bond and list. */
  async openShops(): Promise<void> {
    await this.clock.start();
    for (const name of PROVIDERS) this.heartbeats[name].push(await bond(this.world, name, BONDS[name]));
    for (const key of Object.keys(OFFERS) as (keyof typeof OFFERS)[]) {
      const plan = OFFERS[key];
      const made = await offer(this.world, plan);
      this.offers[key] = made;
      const bonded = formatAmount(BONDS[plan.provider], 18);
      const price = plan.price.replace("/", ` ${plan.token}/`);
      await this.say(`${plan.provider}, ${bonded} HOLD bonded, offers ${plan.capacity} ${plan.what} at ${price} each`);
    }
  }

  /** Tenants fund once each and open what they need. */
  async openLeases(): Promise<void> {
    const { DUSD, DCOIN } = this.world.tokens;
    const amounts = { Ana: parseAmount("25", DUSD.decimals), Ben: parseAmount("60", DCOIN.decimals) };
    await mined(DUSD.contract.connect(this.world.people.admin).mint(this.world.people.Ana, amounts.Ana));
    await mined(DCOIN.contract.connect(this.world.people.admin).mint(this.world.people.Ben, amounts.Ben));

    const web = this.offerOf("web");
    const first = await openFunded(this.world, "Ana", web, 1, 2 * HOUR, amounts.Ana);
    this.note("Ana", first, web, 1, 2 * HOUR);
    this.deposits.push({ account: "Ana", token: "DUSD", amount: amounts.Ana });
    await this.say(
      "Ana deposits 25 DUSD, lets the market spend it, and leases web hosting: one transaction, two signatures",
    );
    for (let site = 2; site <= 4; site++) await this.open("Ana", "web", 1, 2 * HOUR);
    await this.open("Ana", "web", 2, 6 * HOUR);
    await this.open("Ana", "cpu", 2, 3 * HOUR);
    await this.say(`Ana leases ${this.listOf("Ana")}`);

    await fund(this.world, "Ben", DCOIN, amounts.Ben);
    this.deposits.push({ account: "Ben", token: "DCOIN", amount: amounts.Ben });
    await this.open("Ben", "gpu", 1, 4 * HOUR);
    await this.open("Ben", "gpu", 2, 3 * HOUR);
    await this.open("Ben", "cpuInCoin", 1, 3 * HOUR);
    await this.say(`Ben deposits 60 DCOIN and leases ${this.listOf("Ben")}`);

    await this.passTo(2 * MINUTE);
    await this.activate("Webhaus", () => true);
    await this.activate("Corewerk", () => true);
    await this.activate("Tensorei", ({ units }) => units === 1n);
    await this.say(`Tensorei never activates ${formatLeaseId(this.lease("Ben", "gpu", 2n).id)}`);
  }

  /** Leases run, machines fail, people change their minds, and the keeper ends what is due. */
  async live(): Promise<void> {
    const early = this.lease("Ana", "web", 2n);
    const noShow = this.lease("Ben", "gpu", 2n);
    const gpu = this.lease("Ben", "gpu", 1n);
    const dark = this.lease("Ben", "cpuInCoin", 1n);
    const due = (hours: number): StoryLease[] =>
      this.leases.filter(({ duration, activatedAt, closedAt }) => {
        return duration === hours * HOUR && activatedAt !== undefined && closedAt === undefined;
      });

    await this.passTo(SILENCE.from);
    await this.say("Corewerk's machines go silent; everybody else's heartbeats go on");
    await this.passTo(42 * MINUTE);
    early.closedAt = await mined(this.marketOf("Ana").close(early.id));
    await this.say(`Ana closes ${formatLeaseId(early.id)} after 40 minutes; its offer's minimum of 1 h is billed`);
    await this.passTo(48 * MINUTE);
    await this.awaitKeeper([noShow]);
    await this.passTo(HOUR);
    dark.closedAt = await mined(this.marketOf("Ben").close(dark.id));
    await this.say(`Ben closes ${dark.name} after 58 minutes: dark for too long, so no minimum is billed`);
    await this.passTo(SILENCE.to);
    await this.say("Corewerk is heard again: its dark seconds are nobody's bill");
    await this.passTo(100 * MINUTE);
    await mined(this.marketOf("Tensorei").collect([gpu.id]));
    await this.say(`Tensorei collects what ${formatLeaseId(gpu.id)} earned so far, while it runs`);
    for (const hours of [2, 3, 4]) {
      await this.passTo(hours * HOUR + 3 * MINUTE);
      await this.awaitKeeper(due(hours));
    }
  }

  /** Everything earned is collected, collateral and penalties find their owners. */
  async settle(): Promise<void> {
    const { contracts, people } = this.world;
    const activated = this.leases.filter(({ activatedAt }) => activatedAt !== undefined).map(({ id }) => id);
    await mined(this.marketOf("keeper").collect(activated));
    await this.say(
      `providers are paid for all ${activated.length} leases, the treasury takes its fee: one transaction, by anyone`,
    );
    await this.clock.moveTo(9 * HOUR);
    await mined(this.marketOf("keeper").collect(activated));
    await this.say("the time for claims is over: collateral returns to the providers' free bonds");

    await this.clock.moveTo(15 * DAY);
    for (const payee of [people.Ben, people.treasury]) {
      await mined(contracts.staking.connect(payee).claimPenalties([1n], payee));
    }
    await this.say("the penalty for the no-show has matured: Ben takes his part, the treasury its own");
  }

  /** Everybody takes everything out. Returns what each got, by account and token. */
  async leave(): Promise<void> {
    const { contracts, people, tokens } = this.world;
    for (const name of [...PROVIDERS, ...TENANTS, "keeper", "treasury"] as const) {
      for (const { address } of Object.values(tokens)) {
        const free = await contracts.escrow.freeOf(address, people[name]);
        if (free > 0n) await mined(contracts.escrow.connect(people[name]).withdraw(address, people[name], free));
      }
    }
  }

  // ------------------------------------------------------------------------------------------------ steps

  /** Lets time pass, with a heartbeat of every machine that is up every nine minutes. */
  private async passTo(seconds: number): Promise<void> {
    while (this.heardAt + HEARTBEAT <= seconds) {
      this.heardAt += HEARTBEAT;
      await this.clock.moveTo(this.heardAt);
      for (const name of PROVIDERS) {
        if (name === "Corewerk" && this.heardAt >= SILENCE.from && this.heardAt < SILENCE.to) continue;
        const operator = this.world.people[`${name} operator`];
        const beat = this.world.contracts.liveness.connect(operator).heartbeat(this.world.people[name]);
        this.heartbeats[name].push(await mined(beat));
      }
    }
    await this.clock.moveTo(seconds);
  }

  private async open(tenant: TenantName, key: keyof typeof OFFERS, units: number, duration: number): Promise<void> {
    const from = this.offerOf(key);
    this.note(tenant, await open(this.world, tenant, from, units, duration), from, units, duration);
  }

  private note(tenant: TenantName, id: bigint, from: Offer, units: number, duration: number): void {
    this.leases.push({ name: formatLeaseId(id), id, tenant, offer: from, units: BigInt(units), duration });
  }

  private async activate(name: ProviderName, wanted: (lease: StoryLease) => boolean): Promise<void> {
    const leases = this.leases.filter((lease) => lease.offer.provider === name && wanted(lease));
    const startedAt = await mined(this.marketOf(`${name} operator`).activate(leases.map(({ id }) => id)));
    for (const lease of leases) lease.activatedAt = startedAt;
    await this.say(`${name} activates ${leases.map((lease) => lease.name).join(", ")}`);
  }

  private async awaitKeeper(leases: readonly StoryLease[]): Promise<void> {
    await this.keeper.hasEnded(leases.map(({ name }) => name));
  }

  private marketOf(person: keyof World["people"]): World["contracts"]["market"] {
    return this.world.contracts.market.connect(this.world.people[person]);
  }

  private offerOf(key: keyof typeof OFFERS): Offer {
    const found = this.offers[key];
    if (found === undefined) throw new Error(`the offer ${key} was not made yet`);
    return found;
  }

  private lease(tenant: TenantName, key: keyof typeof OFFERS, units: bigint): StoryLease {
    const from = this.offerOf(key);
    const found = this.leases.find((lease) => lease.tenant === tenant && lease.offer === from && lease.units === units);
    if (found === undefined) throw new Error(`${tenant} has no such lease`);
    return found;
  }

  private listOf(tenant: TenantName): string {
    const own = this.leases.filter((lease) => lease.tenant === tenant);
    return own.map(({ name, units, duration }) => `${name} (${units} x ${formatDuration(duration)})`).join(", ");
  }

  private async say(text: string): Promise<void> {
    this.screen.event(this.clock.label(await this.clock.now()), text);
  }
}
