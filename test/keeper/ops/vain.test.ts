import { expect } from "chai";
import { type LogParams, Wallet, ZeroAddress } from "ethers";
import { pino } from "pino";

import type { Receipt } from "../../../keeper/chain/api";
import { FeeReader } from "../../../keeper/chain/feeReader";
import { TransactionQueue } from "../../../keeper/chain/queue";
import { WalletSigner } from "../../../keeper/chain/signer";
import type { Duty, DutyKind } from "../../../keeper/core/duties";
import { Keeper } from "../../../keeper/ops/keeper";
import type { Eyes, Hands } from "../../../keeper/ops/means";
import { NO_METER } from "../../../keeper/ops/meter";
import { BackoffStore } from "../../../keeper/store/backoffStore";
import type { Database } from "../../../keeper/store/database";
import { Journal } from "../../../keeper/store/journal";
import { WorkStore } from "../../../keeper/store/workStore";
import { SenderChain } from "../chain/senderChain";
import { withStore } from "../stores";
import { stateOf } from "./fakeState";

const wallet = new Wallet(`0x${"22".repeat(32)}`);
const NAME = "keeper";
/** What a transaction takes that finds nothing to do. */
const EMPTY_GAS = 25_407n;
const BLOCK = 12;
const HOUR = 3_600;
const BLOCKS_IN_8_HOURS = (8 * HOUR) / BLOCK;

const text = (data: string): string => Buffer.from(data.slice(2), "hex").toString();

/** A chain whose contracts do what a test wants, whatever simulations say: those always promise everything. */
class World {
  readonly chain = new SenderChain(wallet.address);
  readonly duties = new Map<string, Duty>();
  /** By hash: what a mined transaction did. */
  private readonly results = new Map<string, { readonly reverted: boolean; readonly done: readonly string[] }>();
  /** Before a block: what sees the pool. */
  before: (waiting: readonly (readonly string[])[]) => void = () => undefined;
  /** Whether the contracts do a duty, when its transaction is mined. */
  does: (key: string) => boolean = () => true;
  /** Whether a transaction about these reverts. */
  reverts: (keys: readonly string[]) => boolean = () => false;
  /** Of duties that were done, by anybody: how long they had been due, seconds. */
  readonly lateBy = new Map<string, number>();
  readonly told: string[] = [];
  vainGas = 0n;
  private readonly keeper: () => Keeper;
  private running: Keeper;

  constructor(private readonly database: Database) {
    this.keeper = () => this.born();
    this.running = this.keeper();
  }

  get now(): number {
    return this.chain.head.timestamp;
  }

  due(kind: DutyKind, id: number, tenant: string, choices: Partial<Duty> = {}): void {
    const key = `${kind} 1-${id}`;
    this.duties.set(key, { key, kind, id: BigInt(id), dueAt: this.now, token: "0xT", tenant, bounty: 7n, ...choices });
  }

  restart(): void {
    this.running = this.keeper();
  }

  /** A pass of the keeper, then a block. */
  async block(): Promise<void> {
    await this.running.pass();
    this.before([...this.chain.pool.values()].map(({ data }) => keysIn(data)));
    this.chain.mine();
    for (const { hash, data } of this.chain.blocks.at(-1)?.transactions ?? []) {
      const keys = keysIn(data);
      const reverted = this.reverts(keys);
      const done = reverted ? [] : keys.filter((key) => this.duties.has(key) && this.does(key));
      this.results.set(hash ?? "", { reverted, done });
      if (done.length === 0) this.vainGas += EMPTY_GAS;
      for (const key of done) this.end(key);
    }
  }

  async blocks(count: number, each: (block: number) => void = () => undefined): Promise<void> {
    for (let block = 0; block < count; block++) {
      each(block);
      await this.block();
    }
  }

  /** Somebody did it. */
  end(key: string): void {
    const duty = this.duties.get(key);
    if (duty === undefined) return;
    this.lateBy.set(key, this.now - duty.dueAt);
    this.duties.delete(key);
  }

  /** Transactions that were mined and did nothing. */
  get vain(): number {
    return [...this.results.values()].filter(({ done }) => done.length === 0).length;
  }

  private born(): Keeper {
    const { chain, duties, database } = this;
    const receipt = async (hash: string): Promise<Receipt | undefined> => {
      const found = await chain.receipt(hash);
      const result = this.results.get(hash);
      if (typeof found !== "object" || result === undefined) return undefined;
      const logs = result.done.map((data) => ({ data }) as LogParams);
      return { ...found, reverted: result.reverted, gasUsed: EMPTY_GAS, logs };
    };
    const network = {
      transactionCount: chain.transactionCount.bind(chain),
      receipt,
      broadcast: chain.broadcast.bind(chain),
      balance: chain.balance.bind(chain),
      maxPriorityFeePerGas: chain.maxPriorityFeePerGas.bind(chain),
      gasPrice: chain.gasPrice.bind(chain),
      paidTip: chain.paidTip.bind(chain),
    };
    const eyes: Eyes = {
      sync: () => Promise.resolve(chain.head),
      suspect: () => undefined,
      doubt: () => undefined,
      state: stateOf(() => [...duties.values()], {
        due: (now, limit) => Promise.resolve([...duties.values()].filter(({ dueAt }) => dueAt <= now).slice(0, limit)),
        dueLast: () => Promise.resolve([]),
        dueOf: (keys, now) => Promise.resolve(keys.filter((key) => (duties.get(key)?.dueAt ?? Infinity) <= now)),
      }),
      fees: new FeeReader(network),
      l1Fees: undefined,
      policy: { minProfit: 0n, patience: 0, prices: new Map(), disputes: true },
      nodeGasLimit: 50_000_000n,
      maxInFlight: 16,
    };
    const queue = new TransactionQueue(
      network,
      eyes.fees,
      new WalletSigner(wallet, 31_337n),
      new Journal(database, wallet.address),
      { bumpBlocks: 3, confirmations: 1 },
      {
        encode: (kind, keys) => {
          const ids = keys.map((key) => key.replace(`${kind} 1-`, ""));
          return { to: ZeroAddress, data: `0x${Buffer.from(`${kind} ${ids.join()}`).toString("hex")}` };
        },
        works: () => Promise.resolve(true),
        doneBy: (logs) => logs.map(({ data }) => ({ key: data, bounty: 7n })),
      },
    );
    const log = pino({ level: "warn" }, { write: (line: string) => void this.told.push(line) });
    const hands: Hands = {
      queue,
      executor: { simulate: (_kind, ids) => Promise.resolve({ type: "works", done: ids.length }) },
      work: new WorkStore(database),
      backoff: new BackoffStore(database),
      name: NAME,
      claimSeconds: 120,
      balance: () => Promise.resolve(10n ** 21n),
      meter: NO_METER,
      log,
      signal: new AbortController().signal,
    };
    return new Keeper(eyes, hands);
  }
}

/** The duties that a transaction names. */
function keysIn(data: string): string[] {
  const [kind, ids = ""] = text(data).split(" ");
  return ids.split(",").map((id) => `${kind} 1-${id}`);
}

const withWorld = (work: (world: World) => Promise<void>): Promise<void> =>
  withStore(async (newStore) => work(new World(await newStore())));

const most = (values: Iterable<number>): number => Math.max(0, ...values);

describe("Vain gas (ATK-KPR-17)", function () {
  this.timeout(300_000); // hours of blocks, on a machine that may be busy

  it("is little where a rival reads the pool and is always first", () =>
    withWorld(async (world) => {
      world.before = (waiting) => waiting.flat().forEach((key) => world.end(key));
      await world.blocks(BLOCKS_IN_8_HOURS, (block) => world.due("expire", block, `0x${block}`));
      expect(world.vain).to.be.at.most(40); // two at once, some at growing pauses, then one every quarter of an hour
      expect(most(world.lateBy.values())).to.be.at.most(900 + 2 * BLOCK);

      // The rival is gone: what waits is done, and then everything at once.
      world.before = () => undefined;
      const before = world.vain;
      await world.blocks(900 / BLOCK + 2, (block) => world.due("expire", 10_000 + block, "0xA"));
      world.lateBy.clear();
      await world.blocks(50, (block) => world.due("expire", 20_000 + block, "0xA"));
      await world.block();
      expect([world.duties.size, world.vain - before]).to.deep.equal([0, 0]);
      expect(most(world.lateBy.values())).to.equal(BLOCK);
    }));

  it("tries a duty at most once for each time that a rival wins it", () =>
    withWorld(async (world) => {
      const tries: string[] = [];
      world.before = (waiting) => {
        tries.push(...waiting.flat());
        waiting.flat().forEach((key) => world.end(key));
      };
      await world.blocks(300, (block) => {
        if (block % 3 === 0) world.due("expire", block, "0xA");
      });
      expect(new Set(tries).size).to.equal(tries.length);
    }));

  it("tries what will be gone soon, whatever rivals do", () =>
    withWorld(async (world) => {
      world.before = (waiting) => waiting.flat().forEach((key) => world.end(key));
      await world.blocks(200, (block) => world.due("renew", block, "0xA", { goneAt: world.now + HOUR }));
      world.before = () => undefined;
      world.due("renew", 1_000, "0xA", { goneAt: world.now + 120 });
      await world.blocks(2);
      expect(world.duties.has("renew 1-1000")).to.equal(false);
    }));

  it("of a tenant who takes its balance away under 200 orders is a few tries, and nobody else waits for them", () =>
    withWorld(async (world) => {
      world.does = (key) => Number(key.split("-")[1]) >= 1_000;
      await world.blocks(BLOCKS_IN_8_HOURS, (block) => {
        const goneAt = world.now + HOUR;
        const isNewHour = block % (HOUR / BLOCK) === 0;
        for (let id = 0; isNewHour && id < 200; id++) world.due("renew", id, "0xBAD", { goneAt });
        if (block % 10 === 0) world.due("renew", 1_000 + block, `0x${block}`, { goneAt });
      });
      await world.blocks(2);
      expect(world.vain).to.be.at.most(12);
      expect([...world.duties.keys()].filter((key) => Number(key.split("-")[1]) >= 1_000)).to.deep.equal([]);
      expect(most(world.lateBy.values())).to.equal(BLOCK);
    }));

  it("of such a tenant ends when its balance stays, and all of its orders are carried out", () =>
    withWorld(async (world) => {
      world.does = () => false;
      for (let id = 0; id < 200; id++) world.due("renew", id, "0xBAD", { goneAt: world.now + 4 * HOUR });
      await world.blocks(60);
      const before = world.vain;
      world.does = () => true;
      await world.blocks(2 * (HOUR / BLOCK));
      expect([world.duties.size, world.vain - before]).to.deep.equal([0, 0]);
    }));

  it("of duties of one tenant that are well simulated and revert always is a few tries in eight hours", () =>
    withWorld(async (world) => {
      world.reverts = (keys) => keys.some((key) => Number(key.split("-")[1]) < 100);
      await world.blocks(BLOCKS_IN_8_HOURS, (block) => {
        if (block === 0) for (let id = 0; id < 100; id++) world.due("expire", id, "0xBAD");
        if (block % 10 === 5) world.due("expire", 1_000 + block, `0x${block}`);
      });
      await world.blocks(2);
      expect(world.vain).to.be.at.most(10);
      expect(most(world.lateBy.values())).to.equal(BLOCK);
      const [first] = world.told.filter((line) => line.includes("it pauses"));
      expect(JSON.parse(first ?? "{}")).to.include({ scope: "reverted expire of 0xbad", strikes: 1 });
    }));

  it("of duties of a hundred accounts that revert always is a few tries for each, then one after the other", () =>
    withWorld(async (world) => {
      world.reverts = (keys) => keys.some((key) => Number(key.split("-")[1]) < 100);
      for (let id = 0; id < 100; id++) world.due("expire", id, `0xBAD${id}`);
      await world.blocks(BLOCKS_IN_8_HOURS, (block) => {
        if (block % 10 === 5) world.due("expire", 1_000 + block, `0x${block}`);
      });
      expect(world.vain).to.be.at.most(100 + 20);
      expect(most(world.lateBy.values())).to.be.at.most(2 * BLOCK);
    }));

  it("is remembered after a restart", () =>
    withWorld(async (world) => {
      world.reverts = () => true;
      world.due("expire", 1, "0xBAD");
      await world.blocks(BLOCKS_IN_8_HOURS, () => world.restart());
      expect(world.vain).to.be.at.most(10);
    }));

  it("of nodes that take nothing but transfers to itself is a few of those, and ends with it (ATK-KPR-25)", () =>
    withWorld(async (world) => {
      world.chain.sizeCap = 0;
      for (let id = 0; id < 50; id++) world.due("expire", id, `0x${id}`);
      await world.blocks(BLOCKS_IN_8_HOURS);
      const { length } = world.chain.mined();
      expect(world.duties.size).to.equal(50);
      expect(length).to.be.at.most(50);
      world.chain.sizeCap = undefined;
      await world.blocks(64 + 2);
      expect(world.duties.size).to.equal(0);
    }));
});
