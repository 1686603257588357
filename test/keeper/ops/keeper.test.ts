import { expect } from "chai";
import { Wallet, ZeroAddress } from "ethers";
import { pino } from "pino";

import type { Simulation } from "../../../keeper/chain/executor";
import { FeeReader } from "../../../keeper/chain/feeReader";
import { TransactionQueue } from "../../../keeper/chain/queue";
import { WaitError } from "../../../keeper/chain/rpcErrors";
import { WalletSigner } from "../../../keeper/chain/signer";
import { type Duty, type DutyKind, keyOf } from "../../../keeper/core/duties";
import { Keeper } from "../../../keeper/ops/keeper";
import type { Eyes } from "../../../keeper/ops/means";
import { type Meter, NO_METER } from "../../../keeper/ops/meter";
import { PrometheusMeter } from "../../../keeper/ops/metrics";
import { outlook } from "../../../keeper/ops/outlook";
import { BackoffStore } from "../../../keeper/store/backoffStore";
import { Journal } from "../../../keeper/store/journal";
import type { Work } from "../../../keeper/store/work";
import { rejection } from "../chain/nodes";
import { GWEI, SenderChain } from "../chain/senderChain";
import { withStore } from "../stores";
import { stateOf } from "./fakeState";

const wallet = new Wallet(`0x${"22".repeat(32)}`);
const NAME = "keeper";
const COIN = 10n ** 18n;

interface World {
  readonly chain: SenderChain;
  readonly eyes: Eyes;
  readonly keeper: Keeper;
  /** Everything that has not been done yet; a test takes away what is. */
  readonly duties: Map<string, Duty>;
  /** What was simulated, as "expire 1,2". */
  readonly simulated: string[];
  /** Claims of others, and failures, by key. */
  readonly claimed: Map<string, string>;
  readonly failed: string[];
  /** Longest pauses that failures were noted with, where they were told. */
  readonly longest: number[];
  readonly released: string[];
  readonly finished: string[];
  readonly requests: { count: number };
  readonly suspicions: { count: number };
  /** Keys of duties about which the contracts were to be asked. */
  readonly doubted: string[];
  readonly stop: AbortController;
  set: {
    answer: (kind: DutyKind, ids: readonly number[], gas: bigint) => Simulation;
    balance: bigint;
    /** What the logs of the newest block say was done; undefined: all that was sent. */
    done: string[] | undefined;
  };
}

const due = (world: World, kind: DutyKind, ...ids: number[]): void => {
  for (const id of ids) {
    const key = `${kind} 1-${id}`;
    world.duties.set(key, { key, kind, id: BigInt(id), dueAt: 1_000_000, token: "0xT", tenant: "0xA", bounty: 7n });
  }
};

/** What the transactions in the pool are for, lowest nonce first, as "expire 1,2". */
const pool = ({ chain }: World): string[] =>
  [...chain.pool.values()].sort((a, b) => a.nonce - b.nonce).map(({ data }) => text(data));
const text = (data: string): string => Buffer.from(data.slice(2), "hex").toString();

async function withWorld(
  work: (world: World) => Promise<void>,
  meter: Partial<Meter> = {},
  log = pino({ enabled: false }),
): Promise<void> {
  await withStore(async (newStore) => {
    const chain = new SenderChain(wallet.address);
    const duties = new Map<string, Duty>();
    const [simulated, failed, released, finished] = [[], [], [], []] as [string[], string[], string[], string[]];
    const longest: number[] = [];
    const claimed = new Map<string, string>();
    const requests = { count: 0 };
    const suspicions = { count: 0 };
    const doubted: string[] = [];
    const stop = new AbortController();
    const set: World["set"] = {
      answer: (_kind, ids) => ({ type: "works", done: ids.length }),
      balance: 1_000n * COIN,
      done: undefined,
    };
    const counted = <A extends unknown[], R>(method: (...args: A) => R) => {
      return (...args: A): R => {
        requests.count++;
        return method(...args);
      };
    };
    const network = {
      transactionCount: counted(chain.transactionCount.bind(chain)),
      receipt: counted(chain.receipt.bind(chain)),
      broadcast: counted(chain.broadcast.bind(chain)),
      balance: counted(chain.balance.bind(chain)),
      maxPriorityFeePerGas: counted(chain.maxPriorityFeePerGas.bind(chain)),
      gasPrice: counted(chain.gasPrice.bind(chain)),
      paidTip: counted(chain.paidTip.bind(chain)),
    };
    const sorted = (now: number): Duty[] =>
      [...duties.values()]
        .filter((duty) => duty.dueAt <= now)
        .sort((a, b) => a.dueAt - b.dueAt || (a.key < b.key ? -1 : 1));
    const eyes: Eyes = {
      sync: () => Promise.resolve(chain.head),
      suspect: () => void suspicions.count++,
      doubt: (those) => void doubted.push(...those.map(({ kind, id }) => keyOf(kind, id))),
      state: stateOf(() => [...duties.values()], {
        due: (now, limit, after) => {
          const isBeyond = ({ dueAt, key }: Duty): boolean =>
            after === undefined || dueAt > after.dueAt || (dueAt === after.dueAt && key > after.key);
          return Promise.resolve(sorted(now).filter(isBeyond).slice(0, limit));
        },
        dueLast: (now, limit) => Promise.resolve(sorted(now).reverse().slice(0, limit)),
        dueOf: (keys, now) => Promise.resolve(keys.filter((key) => (duties.get(key)?.dueAt ?? Infinity) <= now)),
        backlog: () => Promise.resolve({ duties: duties.size, dueSince: 1_000_000 }),
      }),
      fees: new FeeReader(network),
      l1Fees: undefined,
      policy: { minProfit: 0n, patience: 0, prices: new Map(), disputes: true, maxFeePerGas: 60n * GWEI },
      nodeGasLimit: 50_000_000n,
      maxInFlight: 3,
    };
    const workStore: Work = {
      claim: (keys, owner) =>
        Promise.resolve(
          keys.filter((key) => {
            if ((claimed.get(key) ?? owner) !== owner) return false;
            claimed.set(key, owner);
            return true;
          }),
        ),
      release: (keys) => Promise.resolve(void released.push(...keys)),
      fail: (key, now, { longest: most } = {}) => {
        if (most !== undefined && most < 86_400) longest.push(most);
        return Promise.resolve(failed.push(key) + now);
      },
      done: (keys) => Promise.resolve(void finished.push(...keys)),
      blocked: (keys) =>
        Promise.resolve(
          new Map(keys.filter((key) => failed.includes(key)).map((key) => [key, { reason: "held", until: 2e9 }])),
        ),
      failedBefore: (keys) => Promise.resolve(new Set(keys.filter((key) => failed.includes(key)))),
    };
    const queue = new TransactionQueue(
      network,
      eyes.fees,
      new WalletSigner(wallet, 31_337n),
      new Journal(await newStore(), wallet.address),
      { maxFeePerGas: 60n * GWEI, bumpBlocks: 3, confirmations: 3 },
      {
        encode: (kind, keys) => {
          const ids = keys.map((key) => key.replace(`${kind} 1-`, ""));
          return { to: ZeroAddress, data: `0x${Buffer.from(`${kind} ${ids.join()}`).toString("hex")}` };
        },
        works: () => Promise.resolve(true),
        doneBy: () => (set.done ?? doneIn(chain)).map((key) => ({ key, bounty: 7n })),
      },
    );
    const keeper = new Keeper(eyes, {
      queue,
      executor: {
        simulate: (kind, ids, gas) => {
          simulated.push(`${kind} ${ids.join()}`);
          return Promise.resolve(set.answer(kind, ids.map(Number), gas));
        },
      },
      work: workStore,
      backoff: new BackoffStore(await newStore()),
      name: NAME,
      claimSeconds: 120,
      balance: counted(() => Promise.resolve(set.balance)),
      meter: { ...NO_METER, ...meter },
      log,
      signal: stop.signal,
    });
    await work({
      chain,
      eyes,
      keeper,
      duties,
      simulated,
      claimed,
      failed,
      longest,
      released,
      finished,
      requests,
      suspicions,
      doubted,
      stop,
      set,
    });
  });
}

/** The duties of the transactions of the newest block. */
const doneIn = (chain: SenderChain): string[] =>
  (chain.blocks.at(-1)?.transactions ?? []).flatMap(({ data }) => {
    const [kind, ids] = text(data).split(" ");
    return (ids ?? "").split(",").map((id) => `${kind} 1-${id}`);
  });

/** One more block; what it does is due no more. */
function mine({ chain, duties }: World): void {
  chain.mine();
  for (const key of doneIn(chain)) duties.delete(key);
}

/** A meter's methods, free of it. */
function allOf(meter: PrometheusMeter): Partial<Meter> {
  const bound = Object.keys(NO_METER).map((name): [string, unknown] => {
    const method: unknown = Reflect.get(meter, name);
    return [name, typeof method === "function" ? (method.bind(meter) as unknown) : undefined];
  });
  return Object.fromEntries(bound);
}

/** Samples by name and labels, without the prefix that all share. */
async function samplesOf(meter: PrometheusMeter): Promise<Record<string, number>> {
  const { text: exposed } = await meter.expose();
  const lines = exposed.split("\n").filter((line) => line.startsWith("leasehold_keeper_"));
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.lastIndexOf(" ");
      return [line.slice("leasehold_keeper_".length, at), Number(line.slice(at + 1))];
    }),
  );
}

describe("Keeper", () => {
  it("sends what is due in one transaction, and leaves it alone while that is on its way", () =>
    withWorld(async (world) => {
      due(world, "expire", 1, 2, 3);
      expect(await world.keeper.pass()).to.deep.include({ fresh: true, sent: 1, left: 0, outstanding: 1 });
      expect(pool(world)).to.deep.equal(["expire 1,2,3"]);

      world.chain.baseFee = 100n * GWEI; // not mined at its price
      mine(world);
      expect(await world.keeper.pass()).to.deep.include({ fresh: true, sent: 0, left: 0, outstanding: 1 });
      expect(pool(world)).to.deep.equal(["expire 1,2,3"]);
    }));

  it("asks the nodes for its balance alone while nothing is due, and looks at a block once", () =>
    withWorld(async (world) => {
      expect(await world.keeper.pass()).to.deep.include({ fresh: true, sent: 0, left: 0, outstanding: 0 });
      expect(world.requests.count).to.equal(1);
      due(world, "expire", 1);
      expect(await world.keeper.pass()).to.deep.include({ fresh: false, sent: 0 });
      expect(world.requests.count).to.equal(1);
    }));

  it("reads its balance every five minutes of the chain though nothing is due, and says once that it is empty (ATK-KPR-22)", async () => {
    const balances: bigint[] = [];
    const said: string[] = [];
    const log = pino({ level: "warn", base: null }, { write: (line: string) => void said.push(line) });
    await withWorld(
      async (world) => {
        const blocksIn = (seconds: number): number => {
          const { timestamp } = world.chain.head;
          world.chain.mine();
          return seconds / (world.chain.head.timestamp - timestamp);
        };
        await world.keeper.pass();
        world.set.balance = 0n;
        for (let blocks = blocksIn(300); blocks > 1; blocks--) {
          await world.keeper.pass();
          expect(balances).to.deep.equal([1_000n * COIN]);
          world.chain.mine();
        }
        await world.keeper.pass();
        expect(balances).to.deep.equal([1_000n * COIN, 0n]);
        for (let blocks = 2 * blocksIn(300); blocks > 0; blocks--) {
          await world.keeper.pass();
          world.chain.mine();
        }
        expect(balances.length).to.be.within(4, 5);
        expect(world.requests.count).to.equal(balances.length);
        expect(said.map((line) => (JSON.parse(line) as { msg: string }).msg)).to.deep.equal([
          "the account is empty: send it native coin, it goes on by itself then",
        ]);
      },
      { balance: (wei) => balances.push(wei) },
      log,
    );
  });

  it("looks at a block again after a pass that failed", () =>
    withWorld(async (world) => {
      due(world, "expire", 1);
      world.chain.fault = "unheard";
      expect(String(await rejection(world.keeper.pass()))).to.contain("no endpoint answers");
      world.chain.fault = "none";
      expect(await world.keeper.pass()).to.deep.include({ fresh: true, sent: 1 });
    }));

  it("reports what it did and earned, and forgets its claims", async () => {
    const told: unknown[] = [];
    await withWorld(
      async (world) => {
        due(world, "expire", 1, 2);
        await world.keeper.pass();
        mine(world);
        await world.keeper.pass();
        expect(world.finished).to.have.members(["expire 1-1", "expire 1-2"]);
        expect(told).to.deep.equal(["sent", "mined 500000000000000", "earned 0xT 14", "did expire", "did expire"]);
      },
      {
        sent: () => told.push("sent"),
        settled: (outcome, fee) => told.push(`${outcome} ${fee}`),
        earned: (token, amount) => told.push(`earned ${token} ${amount}`),
        did: (kind) => told.push(`did ${kind}`),
      },
    );
  });

  it("leaves what another keeper has claimed", () =>
    withWorld(async (world) => {
      due(world, "expire", 1, 2);
      world.claimed.set("expire 1-1", "another");
      expect(await world.keeper.pass()).to.deep.include({ sent: 1, left: 1 });
      expect(pool(world)).to.deep.equal(["expire 2"]);
    }));

  it("lets one that is poisoned wait, and sends the others", () =>
    withWorld(async (world) => {
      due(world, "expire", 1, 2, 3);
      world.set.answer = (_kind, ids) =>
        ids.includes(2) ? { type: "reverts", reason: "broken" } : { type: "works", done: ids.length };
      expect(await world.keeper.pass()).to.deep.include({ sent: 1, left: 1 });
      expect(pool(world)).to.deep.equal(["expire 1,3"]);
      expect(world.failed).to.deep.equal(["expire 1-2"]);
    }));

  it("lets one wait that the nodes refuse to simulate, sixteen minutes at most, and sends the others (ATK-KPR-18)", async () => {
    const refused: string[] = [];
    await withWorld(
      async (world) => {
        due(world, "expire", 1, 2, 3);
        due(world, "cancelNoShow", 4);
        world.set.answer = (_kind, ids) =>
          ids.includes(2) ? { type: "refused", reason: "wibble" } : { type: "works", done: ids.length };
        expect(await world.keeper.pass()).to.deep.include({ sent: 2, left: 1 });
        expect(pool(world)).to.have.members(["expire 1,3", "cancelNoShow 4"]);
        expect(world.failed).to.deep.equal(["expire 1-2"]);
        expect(world.longest).to.deep.equal([960]);
        expect(refused).to.deep.equal(["expire"]);
      },
      { refusedSimulation: (kind) => refused.push(kind) },
    );
  });

  it("simulates again what cannot be done, while half of its time is left: a tenant may pay until the end (ATK-KPR-25)", () =>
    withWorld(async (world) => {
      const { timestamp } = world.chain.head;
      for (const [id, left] of [
        [1, 3_600],
        [2, 100],
      ] as const) {
        due(world, "renew", id);
        const key = `renew 1-${id}`;
        world.duties.set(key, { ...world.duties.get(key)!, goneAt: timestamp + left });
      }
      world.set.answer = () => ({ type: "works", done: 0 });
      await world.keeper.pass();
      expect(world.longest).to.have.members([1_800, 60]);
    }));

  it("plans smaller batches once the nodes refused a large one, and larger ones later (ATK-KPR-18)", () =>
    withWorld(async (world) => {
      due(world, "expire", ...Array.from({ length: 400 }, (_, i) => i + 1));
      world.set.answer = (_kind, ids) =>
        ids.length > 150 ? { type: "refused", reason: "timeout" } : { type: "works", done: ids.length };
      await world.keeper.pass();
      expect(pool(world).map((words) => words.split(",").length)).to.deep.equal([100, 100, 100]);
      for (let blocks = 0; blocks < 3 && world.duties.size > 0; blocks++) {
        mine(world);
        await world.keeper.pass();
      }
      mine(world);
      expect(world.duties.size).to.equal(0);
      expect(world.failed).to.deep.equal([]);
      expect(world.simulated.length).to.be.at.most(16);
    }));

  it("gives a dispute all the gas that it needs after nodes refused batches of two (ATK-KPR-25)", () =>
    withWorld(async (world) => {
      due(world, "expire", 1, 2);
      world.set.answer = (_kind, ids) =>
        ids.length > 1 ? { type: "refused", reason: "wibble" } : { type: "works", done: ids.length };
      await world.keeper.pass();
      mine(world);
      due(world, "execute", 3);
      world.set.answer = (_kind, ids, gas) =>
        gas < 300_000n ? { type: "outOfGas" } : { type: "works", done: ids.length };
      await world.keeper.pass();
      expect(pool(world)).to.deep.equal(["execute 3"]);
      expect(world.failed).to.deep.equal([]);
    }));

  it("forgets what batches were said to need, once nodes have not said so for a while (ATK-KPR-25)", () =>
    withWorld(async (world) => {
      // Each is worth three times its gas.
      const prices = new Map([["0xT", { weiPerToken: (3n * 12_500n * 11n * GWEI) / 7n, decimals: 0 }]]);
      Object.assign(world.eyes, { policy: { ...world.eyes.policy, prices, patience: 1_000_000 } });
      due(world, "expire", ...Array.from({ length: 200 }, (_, i) => i + 1));
      world.set.answer = () => ({ type: "outOfGas" });
      for (let blocks = 0; blocks < 20; blocks++) {
        await world.keeper.pass();
        mine(world);
        world.failed.length = 0; // they are tried again
      }
      expect(world.duties.size).to.equal(200);
      world.set.answer = (_kind, ids) => ({ type: "works", done: ids.length });
      for (let blocks = 0; blocks < 110; blocks++) {
        await world.keeper.pass();
        mine(world);
      }
      expect(world.duties.size).to.equal(0);
      expect(world.chain.mined().length).to.be.at.most(40);
    }));

  it("asks about less where no node answers to a large call or to one duty, and does the others (ATK-KPR-25)", () =>
    withWorld(async (world) => {
      due(world, "expire", ...Array.from({ length: 200 }, (_, i) => i + 1));
      world.set.answer = (_kind, ids) => {
        if (ids.length > 60 || ids.includes(7)) throw new WaitError("no answer within 10 s");
        return { type: "works", done: ids.length };
      };
      for (let blocks = 0; blocks < 40 && world.duties.size > 1; blocks++) {
        for (let tries = 0; tries < 3; tries++) await world.keeper.pass().catch(() => undefined);
        mine(world);
      }
      expect([...world.duties.keys()]).to.deep.equal(["expire 1-7"]);
      expect(world.failed).to.include("expire 1-7");
    }));

  it("remembers nothing of duties that others did (ATK-KPR-5)", () =>
    withWorld(async (world) => {
      world.set.answer = () => ({ type: "works", done: 0 });
      for (let id = 1; id <= 50; id++) {
        due(world, "expire", id);
        await world.keeper.pass();
        world.duties.clear();
        world.chain.mine();
        await world.keeper.pass();
        world.chain.mine();
      }
      const kept = Object.values(world.keeper).filter((each) => each instanceof Map || each instanceof Set);
      expect(kept.map(({ size }) => size).reduce((a, b) => a + b, 0)).to.equal(0);
    }));

  it("looks three times whether somebody else expired a lease, before it lets it wait (ATK-KPR-5)", () =>
    withWorld(async (world) => {
      due(world, "expire", 1);
      world.set.answer = () => ({ type: "works", done: 0 });
      for (const failures of [0, 0, 1, 1]) {
        expect(await world.keeper.pass()).to.deep.include({ sent: 0, left: 1 });
        expect(world.failed).to.have.length(failures);
        expect(world.suspicions.count).to.equal(failures);
        expect(world.doubted).to.have.length(failures);
        mine(world);
      }
      expect(world.simulated).to.have.length(3);
      expect(world.released).to.have.length(3);
    }));

  it("lets a renewal that is not possible wait at once", () =>
    withWorld(async (world) => {
      due(world, "renew", 1);
      world.set.answer = () => ({ type: "works", done: 0 });
      await world.keeper.pass();
      expect(world.failed).to.deep.equal(["renew 1-1"]);
      expect(world.doubted).to.have.length(1);
    }));

  it("lets wait what is still due after its transaction was mined", () =>
    withWorld(async (world) => {
      due(world, "expire", 1, 2);
      await world.keeper.pass();
      world.set.done = ["expire 1-1"];
      mine(world);
      due(world, "expire", 2);
      await world.keeper.pass();
      expect(world.finished).to.deep.equal(["expire 1-1"]);
      expect(world.failed).to.deep.equal(["expire 1-2"]);
    }));

  it("leaves alone what it did until that is confirmed, whatever logs are left out meanwhile (ATK-KPR-2)", () =>
    withWorld(async (world) => {
      due(world, "expire", 1);
      await world.keeper.pass();
      for (const sent of [0, 0, 0, 1]) {
        world.chain.mine();
        expect((await world.keeper.pass()).sent).to.equal(sent);
      }
    }));

  it("has no more on its way than it may, and gives the other claims back", () =>
    withWorld(async (world) => {
      due(world, "execute", 1, 2);
      due(world, "renew", 3);
      due(world, "cancelNoShow", 4);
      due(world, "expire", 5);
      await world.keeper.pass();
      expect(pool(world)).to.have.members(["expire 5", "cancelNoShow 4", "renew 3"]);
      mine(world);
      await world.keeper.pass();
      expect(pool(world)).to.deep.equal(["execute 1", "execute 2"]);
    }));

  it("plans anew, smaller, what runs out of gas", () =>
    withWorld(async (world) => {
      due(world, "expire", ...Array.from({ length: 1_000 }, (_, i) => i + 1));
      let most = 0;
      world.set.answer = (_kind, ids) => {
        most = Math.max(most, ids.length);
        return ids.length > 600 ? { type: "outOfGas" } : { type: "works", done: ids.length };
      };
      const { sent } = await world.keeper.pass();
      expect(most).to.be.greaterThan(600);
      expect(sent).to.equal(2);
      const sizes = pool(world).map((words) => words.split(",").length);
      expect(sizes.every((size) => size <= 600)).to.equal(true);
      expect(sizes.reduce((sum, size) => sum + size, 0)).to.equal(1_000);
    }));

  it("sends nothing that its account cannot pay, and goes on when it is filled (ATK-KPR-8)", () =>
    withWorld(async (world) => {
      due(world, "expire", 1);
      world.set.balance = 0n;
      expect(await world.keeper.pass()).to.deep.include({ sent: 0, left: 1 });
      world.set.balance = COIN;
      mine(world);
      expect(await world.keeper.pass()).to.deep.include({ sent: 1, left: 0 });
    }));

  it("does everything in parts where every node refuses a full batch (ATK-KPR-12)", () =>
    withWorld(async (world) => {
      due(world, "expire", ...Array.from({ length: 908 }, (_, i) => i + 1));
      world.chain.feeCap = 4_000_000n * 21n * GWEI; // a batch of all needs more than 10,000,000 gas
      const left: number[] = [];
      for (let blocks = 0; blocks < 8; blocks++) {
        await world.keeper.pass();
        mine(world);
        left.push(world.duties.size);
      }
      expect(left.at(-1), left.join()).to.equal(0);
      expect(world.failed).to.deep.equal([]);
    }));

  it("lets one wait that every node refuses alone, and sends what comes after it (ATK-KPR-12)", () =>
    withWorld(async (world) => {
      due(world, "failOver", 1);
      due(world, "expire", 2);
      world.chain.gasCap = 200_000n; // less than a failover needs
      for (let blocks = 0; blocks < 3; blocks++) {
        await world.keeper.pass();
        mine(world);
      }
      expect([...world.duties.keys()]).to.deep.equal(["failOver 1-1"]);
      expect(world.failed).to.deep.equal(["failOver 1-1"]);
      expect(await world.keeper.pass()).to.deep.include({ outstanding: 0, left: 1 });
    }));

  it("says why it leaves what is due, once for each reason, and bids less of a tip below the cap (ATK-KPR-6)", async () => {
    const said: string[] = [];
    const log = pino({ level: "info" }, { write: (line: string) => void said.push(line) });
    await withWorld(
      async (world) => {
        due(world, "expire", 1, 2);
        world.chain.baseFee = 61n * GWEI; // the cap is 60
        for (let blocks = 0; blocks < 3; blocks++) {
          world.chain.mine();
          expect((await world.keeper.pass()).sent).to.equal(0);
        }
        const lines = said.map((each) => JSON.parse(each) as { msg: string });
        const [line, ...more] = lines.filter(({ msg }) => msg !== "the account has native coin");
        expect(line).to.include({ "fee above the cap": 2, msg: "due, and left for now" });
        expect(more).to.deep.equal([]);

        world.chain.baseFee = 60n * GWEI;
        world.chain.mine();
        expect((await world.keeper.pass()).sent).to.equal(1);
        const [sent] = [...world.chain.pool.values()];
        expect(sent).to.include({ maxFeePerGas: 60n * GWEI, maxPriorityFeePerGas: GWEI });
      },
      {},
      log,
    );
  });

  it("waits for transactions of its account that it does not know (ATK-KPR-4, ATK-KPR-10)", () =>
    withWorld(async (world) => {
      due(world, "expire", 1);
      await world.keeper.pass();
      const [unknown] = [...world.chain.pool.values()];
      await withWorld(async (heir) => {
        heir.chain.pool.set(0, unknown!);
        heir.chain.isEmpty = true; // so that it stays where it is
        heir.chain.baseFee = 20n * GWEI;
        heir.chain.mine();
        due(heir, "expire", 2);
        for (let blocks = 0; blocks < 6; blocks++) {
          expect((await heir.keeper.pass()).sent, `after ${blocks} blocks`).to.equal(0);
          heir.chain.mine();
        }
        heir.chain.isEmpty = false;
        expect((await heir.keeper.pass()).outstanding).to.equal(1);
      });
    }));

  it("takes back that somebody else used a nonce, when a node finds its receipt after all (ATK-KPR-2, ATK-KPR-4)", async () => {
    const told: string[] = [];
    await withWorld(
      async (world) => {
        due(world, "expire", 1);
        await world.keeper.pass();
        mine(world);
        world.chain.hidesReceipts = true;
        for (let blocks = 0; blocks < 4; blocks++) {
          await world.keeper.pass();
          world.chain.mine();
        }
        expect(told).to.deep.equal(["foreign 0"]);
        world.chain.hidesReceipts = false;
        world.set.done = ["expire 1-1"];
        await world.keeper.pass();
        expect(told).to.deep.equal(["foreign 0", "mined 500000000000000"]);
        world.chain.mine();
        await world.keeper.pass();
        expect(told).to.have.length(2);
      },
      { settled: (outcome, fee) => told.push(`${outcome} ${fee}`) },
    );
  });

  it("counts apart what is due and what this keeper should do: an impossible order pages nobody (ATK-KPR-22)", async () => {
    const meter = new PrometheusMeter(() => 0, []);
    await withWorld(async (world) => {
      due(world, "renew", 1, 2);
      due(world, "cancelNoShow", 3);
      world.claimed.set("renew 1-2", "another");
      world.set.answer = (kind, ids) =>
        kind === "renew" ? { type: "works", done: 0 } : { type: "reverts", reason: `${kind} ${ids.join()} is broken` };
      await world.keeper.pass();
      expect(await samplesOf(meter)).to.include({
        backlog_duties: 0,
        backlog_lag_seconds: 0,
        due_duties: 3,
        'left_undone_duties{reason="claimed by another keeper"}': 1,
      });

      world.duties.delete("renew 1-2");
      due(world, "expire", 4);
      world.set.balance = 0n;
      mine(world);
      expect([...(await world.keeper.pass()).undone]).to.deep.equal([["account empty", 1]]);
      const lag = world.chain.head.timestamp - 1_000_000;
      expect(lag).to.be.greaterThan(0);
      expect(await samplesOf(meter)).to.include({
        backlog_duties: 1,
        backlog_lag_seconds: lag,
        due_duties: 3,
        'left_undone_duties{reason="account empty"}': 1,
        'left_undone_duties{reason="claimed by another keeper"}': 0,
        'left_undone_duties{reason="failed, left in peace for a while"}': 2,
      });
    }, allOf(meter));
  });

  it("counts a lease as not this keeper's work while simulations say that somebody else ended it (ATK-KPR-22)", async () => {
    const meter = new PrometheusMeter(() => 0, []);
    await withWorld(async (world) => {
      due(world, "expire", 1);
      world.set.answer = () => ({ type: "works", done: 0 });
      expect((await world.keeper.pass()).undone.size).to.equal(0);
      expect(await samplesOf(meter)).to.include({
        backlog_duties: 0,
        due_duties: 1,
        'left_undone_duties{reason="nothing to be done"}': 1,
      });
    }, allOf(meter));
  });

  it("counts what is on its way as work until it is mined, and what was never offered as left (ATK-KPR-22)", async () => {
    const meter = new PrometheusMeter(() => 0, []);
    await withWorld(async (world) => {
      due(world, "expire", 1);
      expect((await world.keeper.pass()).undone.size).to.equal(0);
      expect(await samplesOf(meter)).to.include({ backlog_duties: 1, due_duties: 1 });
      mine(world);
      await world.keeper.pass();
      expect(await samplesOf(meter)).to.include({ backlog_duties: 0, due_duties: 0 });

      const [unknown] = world.chain.blocks.at(-1)!.transactions;
      world.chain.pool.set(1, unknown!);
      world.chain.isEmpty = true;
      due(world, "expire", 2);
      world.chain.mine();
      expect([...(await world.keeper.pass()).undone]).to.deep.equal([["not sent", 1]]);
      expect(await samplesOf(meter)).to.include({ backlog_duties: 1 });
    }, allOf(meter));
  });

  it("gives the place of a nonce that is used up to others while its receipt is disputed (ATK-KPR-20)", () =>
    withWorld(async (world) => {
      world.chain.disputesReceipts = true;
      const sent: number[] = [];
      for (let block = 0; block < 6; block++) {
        due(world, "execute", 3 * block + 1, 3 * block + 2);
        due(world, "expire", 3 * block + 3);
        sent.push((await world.keeper.pass()).sent);
        mine(world);
      }
      expect(sent).to.deep.equal([3, 3, 3, 3, 3, 3]);
      world.chain.disputesReceipts = false;
      await world.keeper.pass();
      mine(world);
      expect((await world.keeper.pass()).outstanding).to.equal(0);
      expect(world.finished.length).to.be.at.least(9);
    }));

  it("tries a duty again that a disputed transaction may not have done, once that is confirmed (ATK-KPR-20)", () =>
    withWorld(async (world) => {
      world.chain.disputesReceipts = true;
      due(world, "expire", 1);
      const sent: number[] = [];
      for (let block = 0; block < 6; block++) {
        sent.push((await world.keeper.pass()).sent);
        world.chain.mine(); // what is mined does nothing
      }
      expect(sent).to.deep.equal([1, 0, 0, 0, 1, 0]);
    }));

  it("finds one that pays among 30,000 that do not, wherever it stands (ATK-KPR-23)", async () => {
    for (const [place, passes] of [
      [30_000, 1], // the newest
      [12_000, 1], // between those due longest and those due last
      [17_000, 2],
      [24_000, 3],
    ] as const) {
      await withWorld(async (world) => {
        const { chain, duties, eyes } = world;
        const prices = new Map([["0xT", { weiPerToken: COIN, decimals: 0 }]]);
        Object.assign(eyes, { policy: { ...eyes.policy, patience: 1_000_000, prices } });
        for (let index = 1; index <= 30_000; index++) {
          const id = (1n << 32n) | BigInt(index);
          const pays = index === place ? { token: "0xT", bounty: 1_000n } : { bounty: 0n };
          const key = `expire 1-${index}`;
          duties.set(key, { key, kind: "expire", id, dueAt: 900_000 + index, tenant: "0xA", ...pays });
        }
        let needed = 0;
        for (let sent = 0; sent === 0 && needed < 10; needed++) {
          sent = (await world.keeper.pass()).sent;
          chain.mine();
        }
        expect(needed, `place ${place}`).to.equal(passes);
      });
    }
  });

  it("keeps a transaction for a duty that the next page does not show (ATK-KPR-23)", () =>
    withWorld(async (world) => {
      const asked: string[][] = [];
      due(world, "expire", 1);
      await world.keeper.pass();
      const { state } = world.eyes;
      Object.assign(state, {
        due: () => Promise.resolve([]),
        dueOf: (keys: readonly string[]) => {
          asked.push([...keys]);
          return Promise.resolve(keys);
        },
      });
      world.chain.baseFee = 1_000n * GWEI;
      for (let block = 0; block < 4; block++) {
        world.chain.mine();
        await world.keeper.pass();
      }
      expect(asked[0]).to.deep.equal(["expire 1-1"]);
      expect(pool(world)).to.deep.equal(["expire 1"]);
    }));

  it("stops between two steps when it is asked to", () =>
    withWorld(async (world) => {
      due(world, "expire", 1);
      due(world, "cancelNoShow", 2);
      world.set.answer = (_kind, ids) => {
        world.stop.abort();
        return { type: "works", done: ids.length };
      };
      expect((await world.keeper.pass()).sent).to.equal(1);
      expect(world.simulated).to.have.length(1);
    }));

  it("shows what would be done, without claiming or sending", () =>
    withWorld(async (world) => {
      due(world, "expire", 1, 2);
      const { actions, head, leases } = await outlook(world.eyes);
      expect(actions.map(({ kind, duties }) => `${kind} ${duties.map(({ id }) => id).join()}`)).to.deep.equal([
        "expire 1,2",
      ]);
      expect([head.number, leases]).to.deep.equal([100, 2]);
      expect(world.claimed.size + world.chain.pool.size).to.equal(0);
    }));
});
