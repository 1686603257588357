import { expect } from "chai";
import { Transaction, Wallet, ZeroAddress } from "ethers";
import fc from "fast-check";

import { FeeReader } from "../../../keeper/chain/feeReader";
import { TransactionQueue } from "../../../keeper/chain/queue";
import { WaitError } from "../../../keeper/chain/rpcErrors";
import { WalletSigner } from "../../../keeper/chain/signer";
import { Journal, reopenAbove } from "../../../keeper/store/journal";
import type { Database } from "../../../keeper/store/database";
import { withStore } from "../stores";
import { gasFor } from "./queueWorld";
import { GWEI, SenderChain } from "./senderChain";

const CAP = 60n * GWEI;
/** Duties in one transaction. */
const BATCH = 4;
/** A full batch may not offer all of the cap. */
const MOST_COST = gasFor(BATCH) * 50n * GWEI;
/** Blocks that a fork may take back with the journal's knowledge; of what is mined below, nobody tells it. */
const DEPTH = 6;
/** Blocks for which a duty waits that every node refused. */
const HOLD = 4;
const wallet = new Wallet(`0x${"11".repeat(32)}`);
const signer = new WalletSigner(wallet, 31_337n);

/** What the node refuses. */
const LIMITS = ["none", "gas", "fee", "size", "funds", "rejected", "notNow"] as const;
type Limit = (typeof LIMITS)[number];

type Move =
  | { readonly type: "due"; readonly duties: number }
  | { readonly type: "mine"; readonly blocks: number }
  | { readonly type: "fork"; readonly depth: number; readonly forgets: boolean }
  | { readonly type: "fee"; readonly gwei: number; readonly isStrict: boolean }
  | { readonly type: "fault"; readonly fault: SenderChain["fault"] }
  | { readonly type: "empty"; readonly isEmpty: boolean }
  | { readonly type: "die"; readonly at: number }
  | { readonly type: "limit"; readonly limit: Limit; readonly duties: number }
  | { readonly type: "forget" }
  | { readonly type: "rival"; readonly duties: number }
  | { readonly type: "stranger" };

const moves: fc.Arbitrary<Move> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ type: fc.constant("due" as const), duties: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 8, arbitrary: fc.record({ type: fc.constant("mine" as const), blocks: fc.integer({ min: 1, max: 5 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("fork" as const),
      depth: fc.integer({ min: 1, max: 12 }),
      forgets: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("fee" as const),
      gwei: fc.constantFrom(1, 10, 50, 1_000),
      isStrict: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("fault" as const),
      fault: fc.constantFrom<SenderChain["fault"][]>("none", "unheard", "unanswered", "deaf", "mute"),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant("limit" as const),
      limit: fc.constantFrom(...LIMITS),
      duties: fc.integer({ min: 0, max: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("empty" as const), isEmpty: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("die" as const), at: fc.integer({ min: 0, max: 6 }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("forget" as const) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("rival" as const), duties: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("stranger" as const) }) },
);

/** What a rival did meanwhile leaves its nonce to a bid at the cap that no node took: nothing can be put in its place. */
const STUCK_AT_THE_CAP: Move[] = [
  { type: "fee", gwei: 1_000, isStrict: true },
  { type: "mine", blocks: 1 },
  { type: "due", duties: 1 },
  { type: "rival", duties: 1 },
];

/** A nonce is given back below what anybody remembers, under one that is open: nothing tells the journal. */
const DEEP_FORK: Move[] = [
  { type: "mine", blocks: 4 },
  { type: "due", duties: 1 },
  { type: "mine", blocks: 5 },
  { type: "due", duties: 4 },
  { type: "mine", blocks: 1 },
  { type: "fee", gwei: 1_000, isStrict: false },
  { type: "mine", blocks: 1 },
  { type: "due", duties: 1 },
  { type: "fork", depth: 12, forgets: true },
];

/** More than the node takes, one after the other. */
const REFUSED: Move[] = [
  { type: "limit", limit: "gas", duties: 1 },
  { type: "due", duties: 4 },
  { type: "due", duties: 4 },
];

/** What the node had, it forgets while it refuses everything. */
const FORGOTTEN: Move[] = [
  { type: "due", duties: 1 },
  { type: "limit", limit: "rejected", duties: 0 },
  { type: "forget" },
  { type: "mine", blocks: 1 },
  { type: "mine", blocks: 1 },
];

/** Death at a step between reading, signing, writing down, sending and confirming. */
class Death extends Error {}

/** A keeper reduced to its queue: duties are due until a transaction of the chain, or a rival, did them. */
class World {
  readonly chain = new SenderChain(wallet.address);
  /** Duties by key, and the block that they fell due in. */
  readonly duties = new Set<string>();
  private queue: TransactionQueue;
  /** Steps until it dies; undefined: it lives. */
  private fuse: number | undefined;
  private readonly journal: Journal;
  readonly strangers = new Set<string>();
  /** What a rival did, by key, and in which block. */
  readonly taken = new Map<string, number>();
  /** Whether the node takes single duties, for what they cost in calm times. */
  private isBearable = false;
  /** What every node refused alone, and the block from which on it is tried again. */
  private readonly held = new Map<string, number>();
  /** The block up to which the chain is what it was at the last look. */
  private forkPoint = Number.MAX_SAFE_INTEGER;

  constructor(private readonly store: Database) {
    this.journal = new Journal(store, wallet.address);
    this.queue = this.born();
  }

  async make(move: Move): Promise<void> {
    const { chain } = this;
    switch (move.type) {
      case "due":
        for (let i = 0; i < move.duties; i++) this.duties.add(`expire 1-${this.duties.size + 1}`);
        return await this.pass();
      case "mine":
        for (let i = 0; i < move.blocks; i++) {
          chain.mine();
          await this.pass();
        }
        return;
      case "fork": {
        const remembered = chain.head.number - DEPTH;
        chain.fork(move.depth, move.forgets);
        this.forkPoint = Math.min(this.forkPoint, Math.max(remembered, chain.head.number));
        for (const [key, block] of this.taken) if (block > chain.head.number) this.taken.delete(key);
        chain.mine();
        return await this.pass();
      }
      case "limit": {
        // A little more than is planned for so many: a part of a larger batch has some gas to spare.
        const gas = (gasFor(move.duties) * 23n) / 20n;
        const { limit } = move;
        this.isBearable = move.duties > 0 && ["gas", "fee", "size"].includes(limit);
        Object.assign(chain, {
          gasCap: limit === "gas" ? gas : undefined,
          feeCap: limit === "fee" ? gas * 21n * GWEI : undefined,
          sizeCap: limit === "size" ? move.duties * 12 : undefined,
          funds: limit === "funds" ? gas * 21n * GWEI : undefined,
          refusesAll: limit === "rejected" || limit === "notNow" ? limit : undefined,
        });
        return;
      }
      case "fee":
        Object.assign(chain, { baseFee: BigInt(move.gwei) * GWEI, isStrict: move.isStrict });
        return;
      case "fault":
        chain.fault = move.fault;
        return;
      case "empty":
        chain.isEmpty = move.isEmpty;
        return;
      case "die":
        this.fuse = move.at;
        return;
      case "forget":
        chain.pool.clear();
        return;
      case "rival":
        for (const key of this.due().slice(0, move.duties)) this.taken.set(key, chain.mine().number);
        return await this.pass();
      case "stranger": {
        const fees = { maxFeePerGas: 200n * GWEI, maxPriorityFeePerGas: 100n * GWEI };
        const nonce = chain.nextNonce;
        const { raw, hash } = await signer.sign({
          to: ZeroAddress,
          data: "0xff",
          nonce,
          gasLimit: 30_000n,
          fees,
          isLegacy: false,
        });
        this.strangers.add(hash);
        chain.pool.set(nonce, Transaction.from(raw));
      }
    }
  }

  /** Everything in order again, until nothing is on its way. */
  async calm(): Promise<void> {
    if (!this.isBearable) await this.make({ type: "limit", limit: "none", duties: 0 });
    Object.assign(this.chain, { fault: "none", isEmpty: false, baseFee: 10n * GWEI });
    this.fuse = undefined;
    for (let blocks = 0; blocks < 130; blocks++) {
      this.chain.mine();
      await this.pass();
      if (this.due().length === 0 && this.queue.outstanding().size === 0) return;
    }
    throw new Error(`not calm: due ${this.due().join()}, open ${this.queue.open.map(({ nonce }) => nonce).join()}`);
  }

  /** What every duty was done by, in the chain as it is now. */
  doneBy(key: string): string[] {
    return this.chain
      .mined()
      .filter(({ data }) => Buffer.from(data.slice(2), "hex").toString().split(",").includes(key))
      .map(({ hash }) => String(hash));
  }

  private due(): string[] {
    return [...this.duties].filter((key) => !this.taken.has(key) && this.doneBy(key).length === 0);
  }

  private born(): TransactionQueue {
    this.fuse = undefined;
    const step = (): void => {
      if (this.fuse === 0) throw new Death();
      if (this.fuse !== undefined) this.fuse--;
    };
    const { chain, journal } = this;
    const network = {
      transactionCount: (account: string, at: "latest" | "pending") => (step(), chain.transactionCount(account, at)),
      receipt: (hash: string) => (step(), chain.receipt(hash)),
      balance: () => (step(), chain.balance()),
      maxPriorityFeePerGas: () => (step(), chain.maxPriorityFeePerGas()),
      paidTip: () => (step(), chain.paidTip()),
      gasPrice: () => chain.gasPrice(),
      broadcast: async (raw: string) => {
        step(); // before anybody heard of it
        const written = (await journal.open()).flatMap(({ attempts }) => attempts.map((attempt) => attempt.raw));
        expect(written, "broadcast before it was written down").to.include(raw);
        const answer = await chain.broadcast(raw);
        step(); // after
        return answer;
      },
    };
    const signing = {
      account: signer.account,
      sign: (unsigned: Parameters<typeof signer.sign>[0]) => (step(), signer.sign(unsigned)),
    };
    return new TransactionQueue(
      network,
      new FeeReader(network),
      signing,
      journal,
      { maxFeePerGas: CAP, maxTransactionCost: MOST_COST, bumpBlocks: 2, confirmations: 3 },
      {
        encode: (_kind, keys) => {
          for (const key of keys) expect(this.due(), "signed although it is done").to.include(key);
          return { to: ZeroAddress, data: `0x${Buffer.from(keys.join()).toString("hex")}` };
        },
        works: () => Promise.resolve(true),
        doneBy: () => [],
      },
    );
  }

  private async pass(): Promise<void> {
    const { head } = this.chain;
    try {
      // What the chain state does when it takes back a fork.
      await reopenAbove(this.store, this.forkPoint);
      this.forkPoint = Number.MAX_SAFE_INTEGER;
      const due = new Set(this.due());
      await this.queue.follow(head, (key) => due.has(key));
      const taken = await this.queue.taken(head);
      const open = [...due].filter((key) => !taken.has(key) && (this.held.get(key) ?? 0) <= head.number);
      if (open.length === 0 || !(await this.queue.isFree(head))) return;
      for (let from = 0; from < open.length; from += BATCH) {
        const keys = open.slice(from, from + BATCH);
        const duties = keys.map((key) => ({ key, dueAt: head.timestamp }));
        await this.queue.submit({ kind: "expire", duties, gasLimit: gasFor(keys.length) }, head);
        for (const { key } of this.queue.takeRefused()) this.held.set(key, head.number + HOLD);
      }
    } catch (error) {
      if (error instanceof Death) this.queue = this.born();
      else if (!(error instanceof WaitError)) throw error;
    }
  }
}

describe("TransactionQueue: whatever happens (ATK-KPR-1, ATK-KPR-3, ATK-KPR-4, ATK-KPR-6, ATK-KPR-8, ATK-KPR-12, ATK-KPR-14)", () => {
  it("does every duty once, below the cap, and knows every transaction of the account", async () => {
    const seed = Number(process.env["SEED"] ?? 20_261_121);
    await withStore(async (newStore) => {
      await fc.assert(
        fc.asyncProperty(fc.array(moves, { maxLength: 40 }), async (story) => {
          const store = await newStore();
          const world = new World(store);
          for (const move of story) await world.make(move);
          await world.calm();
          await world.make({ type: "due", duties: 1 });
          await world.calm();

          for (const key of world.duties) {
            const times = world.doneBy(key).length;
            if (world.taken.has(key)) expect(times, key).to.be.at.most(1);
            else expect(times, key).to.equal(1);
          }
          const known = await store.query("SELECT nonce, hash, max_fee, gas_limit, outcome FROM transactions");
          for (const row of known) {
            const [fee, gas] = [row["max_fee"], row["gas_limit"]].map((each) => BigInt(String(each))) as [
              bigint,
              bigint,
            ];
            expect(fee <= CAP, "above the cap").to.equal(true);
            expect(fee * gas <= MOST_COST, "dearer than a transaction may be").to.equal(true);
          }
          const hashes = known.map(({ hash }) => hash);
          for (const { hash } of world.chain.mined()) {
            if (!world.strangers.has(String(hash))) expect(hashes).to.include(hash);
          }
          for (const hash of world.chain.offered) expect(hashes).to.include(hash);
          for (const { nonce, outcome } of known) {
            expect(outcome === null, "left open").to.equal(Number(nonce) >= world.chain.nextNonce);
          }
          // Below what forks can take back, another transaction of the same nonce may have been mined than was noted.
          const done = known.filter(({ outcome }) => outcome === "done" || outcome === "empty");
          const mined = world.chain.mined().filter(({ hash }) => hashes.includes(hash));
          const isDeep = story.some((move) => move.type === "fork" && move.depth > DEPTH);
          if (isDeep) expect(done.map(({ nonce }) => nonce)).to.have.members(mined.map(({ nonce }) => nonce));
          else expect(done.map(({ hash }) => hash)).to.have.members(mined.map(({ hash }) => hash));
        }),
        {
          numRuns: Number(process.env["RUNS"] ?? 60),
          seed,
          examples: [[STUCK_AT_THE_CAP], [DEEP_FORK], [REFUSED], [FORGOTTEN]],
        },
      );
    });
  });
});
