import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { id, JsonRpcProvider, MaxUint256, parseEther, Wallet, ZeroAddress, ZeroHash } from "ethers";

import { bond, fund } from "../../scripts/demo/market";
import { buildWorld, mined, type ProviderName, PROVIDERS, type TenantName, type World } from "../../scripts/demo/world";
import { disputeIdOf, leaseIdOf } from "../../sdk/ids";
import { packResources, parseResources } from "../../sdk/resources";
import { parseAmount, parsePrice, priceToX32Up } from "../../sdk/units";
import { AMPLE, Chain } from "./chain";

const HOUR = 3_600;
const DAY = 24 * HOUR;
const ANSWER_AND_APPEAL = 4 * DAY;
const ACTIVATION_WINDOW = 900;
const OUTAGE_ALLOWANCE = 1_800;

/** What every run starts from: files of a chain on which much will be due in the next half an hour. */
export interface Prepared {
  readonly directory: string;
  readonly stateFile: string;
  readonly bookFile: string;
  readonly addresses: Readonly<Record<"market" | "orders" | "disputes" | "lens" | "liveness" | "escrow", string>>;
  /** In which tenants pay. */
  readonly tokens: readonly string[];
  readonly keys: Readonly<Record<"keeper" | "rival" | "tenants" | "operators", readonly string[]>>;
  /** The provider that the keeper serves. */
  readonly served: string;
  /** Whose operators' keys are known, in the same order. */
  readonly providers: readonly string[];
  readonly disputes: readonly bigint[];
  /** Leases of each offer, from the first offer on. */
  readonly offers: readonly number[];
  /** The first block of the protocol, and the head that runs start on. */
  readonly startBlock: number;
  readonly headBlock: number;
  readonly headTime: number;
}

/** When things are due, seconds after the head that runs start on. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

interface Offered {
  readonly id: bigint;
  readonly provider: ProviderName;
  readonly token: "DUSD" | "DCOIN";
  opened: number;
}

/** Builds the chain of all runs out of a directory of artifacts; the window is when its leases end. */
export async function prepare(compiled: string, window: Window): Promise<Prepared> {
  const directory = mkdtempSync(path.join(tmpdir(), "leasehold-chaos-"));
  const stateFile = path.join(directory, "state.json");
  const chain = await Chain.start("--timestamp", "1800000000", "--dump-state", stateFile);
  const provider = new JsonRpcProvider(chain.url, 31337, { staticNetwork: true, cacheTimeout: -1 });
  provider.pollingInterval = 10;
  try {
    const world = await buildWorld(compiled, directory, provider);
    const builder = new Builder(world);
    const disputes = await builder.build(window);
    const head = await provider.getBlock("latest");
    if (head === null) throw new Error("anvil has no latest block");
    const { addresses, book } = world.deployment;
    const { people } = world;
    return {
      directory,
      stateFile,
      bookFile: world.bookFile,
      addresses,
      tokens: [world.tokens.DUSD.address, world.tokens.DCOIN.address],
      keys: {
        keeper: [people.keeper.privateKey, people.Hana.privateKey],
        rival: [people.Olu.privateKey],
        tenants: [people.Ana.privateKey, people.Ben.privateKey],
        operators: PROVIDERS.map((name) => people[`${name} operator`].privateKey),
      },
      served: people.Webhaus.address,
      providers: PROVIDERS.map((name) => people[name].address),
      disputes,
      offers: (await world.contracts.lens.offerViews(1n, 100n)).map(({ leaseCount }) => Number(leaseCount)),
      startBlock: book.startBlock,
      headBlock: head.number,
      headTime: head.timestamp,
    };
  } finally {
    provider.destroy();
    await chain.stop(true);
  }
}

class Builder {
  private readonly pending: bigint[] = [];

  constructor(private readonly world: World) {}

  async build({ from, to }: Window): Promise<bigint[]> {
    const { world } = this;
    for (const name of PROVIDERS) await bond(world, name, parseEther("100000"));
    for (const tenant of ["Ana", "Ben"] as const) await this.fill(tenant);
    const disputes = await world.contracts.disputes.getAddress();
    const served = await this.offer("Webhaus", "DUSD");
    const dear = await this.offer("Corewerk", "DCOIN");
    const retiring = await this.offer("Tensorei", "DUSD");
    const fallback = await this.offer("Corewerk", "DUSD");
    const disputed = await this.offer("Tensorei", "DUSD", disputes);

    // Claims nobody answers: from the end of their windows on, anyone executes and settles them.
    const begin = await this.now();
    const start = begin + 6 * DAY; // the head that runs start on, about
    const accused = [];
    for (let i = 0; i < 3; i++) accused.push(await this.open("Ana", disputed, 20 * DAY));
    await this.activate("Tensorei");
    const claims: bigint[] = [];
    for (const [i, lease] of accused.entries()) {
      await this.at(start - ANSWER_AND_APPEAL + (i === 0 ? -HOUR : between(from, to, i / 3)));
      claims.push(await this.claim(lease));
    }

    // Closed by their tenant: what they earned waits for the provider that the keeper serves, and their collateral.
    await this.at(start - 2 * HOUR);
    await this.heartbeats();
    const early: bigint[] = [];
    for (let i = 0; i < 4; i++) early.push(await this.open("Ben", served, 3 * HOUR));
    await this.activate("Webhaus");
    for (const [i, lease] of early.entries()) {
      // Its collateral stays as long again as it lived.
      await this.at(start - HOUR + Math.floor(between(from, to, i / 4) / 2));
      await mined(world.contracts.market.connect(world.people.Ben).close(lease));
    }

    // Nobody activates these.
    for (let i = 0; i < 6; i++) {
      await this.at(start - ACTIVATION_WINDOW - OUTAGE_ALLOWANCE + between(from, to, Math.floor(i / 2) / 3) - 5);
      await this.heartbeats();
      await this.open(i % 2 === 0 ? "Ana" : "Ben", i % 3 === 0 ? dear : served, HOUR);
    }
    this.pending.length = 0;

    await this.at(start - 120);
    await this.heartbeats();
    const span = to - from;
    // In groups that end in the same second, and single ones.
    for (const [i, offered] of [served, dear, served, dear].entries()) {
      const duration = 120 + from + Math.floor((span * (i + 1)) / 6);
      for (let n = 0; n < 4; n++) await this.open(n % 2 === 0 ? "Ana" : "Ben", offered, duration);
    }
    for (let i = 0; i < 12; i++) {
      await this.open(
        i % 3 === 0 ? "Ben" : "Ana",
        i % 2 === 0 ? served : dear,
        120 + from + Math.floor((span * i) / 12),
      );
    }
    // With standing orders: their ends are late in the window, so that there is time for a keeper that was away.
    for (let i = 0; i < 5; i++) {
      const lease = await this.open("Ana", served, 120 + from + Math.floor((span * (6 + i)) / 10));
      await this.order("Ana", lease, 1 + (i % 3), [fallback]);
    }
    for (let i = 0; i < 3; i++) {
      const lease = await this.open("Ben", retiring, 120 + from + Math.floor((span * (7 + i)) / 10));
      await this.order("Ben", lease, 2, [fallback]);
    }
    for (const name of PROVIDERS) await this.activate(name);
    await mined(world.contracts.market.connect(world.people.Tensorei).retireOffer(retiring.id));
    await this.at(start);
    await this.heartbeats();
    return claims;
  }

  private async now(): Promise<number> {
    const block = await this.world.provider.getBlock("latest");
    if (block === null) throw new Error("anvil has no latest block");
    return block.timestamp;
  }

  /** The next block is not before this second. */
  private async at(timestamp: number): Promise<void> {
    if (timestamp > (await this.now())) await this.world.provider.send("evm_setNextBlockTimestamp", [timestamp]);
  }

  private async heartbeats(): Promise<void> {
    const { contracts, people } = this.world;
    for (const name of PROVIDERS) {
      await mined(contracts.liveness.connect(people[`${name} operator`]).heartbeat(people[name], AMPLE));
    }
  }

  private async fill(tenant: TenantName): Promise<void> {
    const { people, tokens, contracts } = this.world;
    for (const money of Object.values(tokens)) {
      const amount = parseAmount("100000", money.decimals);
      await mined(money.contract.connect(people.founder).mint(people[tenant], amount));
      await fund(this.world, tenant, money, amount);
    }
    await mined(contracts.hold.connect(people.founder).transfer(people[tenant], parseEther("10000")));
    await mined(contracts.hold.connect(people[tenant]).approve(contracts.disputes, MaxUint256));
  }

  private async offer(provider: ProviderName, token: "DUSD" | "DCOIN", slasher = ZeroAddress): Promise<Offered> {
    const { contracts, people, tokens } = this.world;
    const terms = {
      resources: packResources(parseResources({ cpu: "1" })),
      minDuration: 0,
      maxDuration: 30 * DAY,
      token: tokens[token].address,
      slasher,
      contentHash: ZeroHash,
    };
    const price = priceToX32Up(parsePrice("0.5 / h"), tokens[token].decimals);
    await mined(contracts.market.connect(people[provider]).createOffer(terms, price, 10_000));
    return { id: await contracts.market.offerCount(), provider, token, opened: 0 };
  }

  private async open(tenant: TenantName, from: Offered, duration: number): Promise<bigint> {
    const { contracts, people, tokens } = this.world;
    const { address, decimals } = tokens[from.token];
    await mined(
      contracts.market.connect(people[tenant]).open({
        token: address,
        units: 1,
        duration,
        maxLock: parseAmount("1000", decimals),
        requirement: packResources(parseResources({})),
        candidates: [{ offer: from.id, provider: people[from.provider], maxPricePerSecondX32: 2n ** 128n - 1n }],
        replicas: 1,
        distinctRegions: false,
      }),
    );
    from.opened += 1;
    const lease = leaseIdOf(from.id, from.opened);
    this.pending.push(lease);
    return lease;
  }

  /** Starts what was opened; what is of another provider stays pending. */
  private async activate(provider: ProviderName): Promise<void> {
    const { contracts, people } = this.world;
    const own: bigint[] = [];
    for (const lease of this.pending) {
      const offer = await contracts.lens.offerViews(lease >> 32n, 1n);
      if (offer[0]?.provider === people[provider].address) own.push(lease);
    }
    if (own.length > 0) await mined(contracts.market.connect(people[`${provider} operator`]).activate(own));
  }

  private async order(tenant: TenantName, lease: bigint, count: number, fallbacks: readonly Offered[]): Promise<void> {
    const { contracts, people } = this.world;
    const named = fallbacks.map(({ id: offer, provider }) => ({ offer, provider: people[provider] }));
    const orders = contracts.orders.connect(people[tenant]);
    await mined(orders.setOrder(lease, HOUR, count, 2n ** 120n - 1n, 2n ** 80n - 1n, named));
  }

  private async claim(lease: bigint): Promise<bigint> {
    const { contracts, people } = this.world;
    const { startedAt: start, tenant } = await contracts.lens.leaseView(lease);
    await mined(contracts.disputes.connect(people.Ana).file(lease, tenant, 0, start, id("evidence")));
    return disputeIdOf(lease, people.Ana.address);
  }
}

function between(from: number, to: number, share: number): number {
  return Math.floor(from + (to - from) * share);
}

/** The address of a key. */
export function addressOfKey(key: string): string {
  return new Wallet(key).address;
}
