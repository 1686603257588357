import { Wallet, ZeroAddress } from "ethers";
import { pino } from "pino";

import type { Simulation } from "../../../keeper/chain/executor";
import { FeeReader } from "../../../keeper/chain/feeReader";
import { TransactionQueue } from "../../../keeper/chain/queue";
import { WalletSigner } from "../../../keeper/chain/signer";
import { type Duty, type DutyKind, keyOf } from "../../../keeper/core/duties";
import { Keeper } from "../../../keeper/ops/keeper";
import type { Eyes } from "../../../keeper/ops/means";
import { type Meter, NO_METER } from "../../../keeper/ops/meter";
import type { PrometheusMeter } from "../../../keeper/ops/metrics";
import { BackoffStore } from "../../../keeper/store/backoffStore";
import { Journal } from "../../../keeper/store/journal";
import type { Work } from "../../../keeper/store/work";
import { GWEI, SenderChain } from "../chain/senderChain";
import { withStore } from "../stores";
import { stateOf } from "./fakeState";

const wallet = new Wallet(`0x${"22".repeat(32)}`);
const NAME = "keeper";
export const COIN = 10n ** 18n;

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

export const due = (world: World, kind: DutyKind, ...ids: number[]): void => {
  for (const id of ids) {
    const key = `${kind} 1-${id}`;
    world.duties.set(key, { key, kind, id: BigInt(id), dueAt: 1_000_000, token: "0xT", tenant: "0xA", bounty: 7n });
  }
};

/** What the transactions in the pool are for, lowest nonce first, as "expire 1,2". */
export const pool = ({ chain }: World): string[] =>
  [...chain.pool.values()].sort((a, b) => a.nonce - b.nonce).map(({ data }) => text(data));
const text = (data: string): string => Buffer.from(data.slice(2), "hex").toString();

export async function withWorld(
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
export function mine({ chain, duties }: World): void {
  chain.mine();
  for (const key of doneIn(chain)) duties.delete(key);
}

/** A meter's methods, free of it. */
export function allOf(meter: PrometheusMeter): Partial<Meter> {
  const bound = Object.keys(NO_METER).map((name): [string, unknown] => {
    const method: unknown = Reflect.get(meter, name);
    return [name, typeof method === "function" ? (method.bind(meter) as unknown) : undefined];
  });
  return Object.fromEntries(bound);
}

/** Samples by name and labels, without the prefix that all share. */
export async function samplesOf(meter: PrometheusMeter): Promise<Record<string, number>> {
  const { text: exposed } = await meter.expose();
  const lines = exposed.split("\n").filter((line) => line.startsWith("leasehold_keeper_"));
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.lastIndexOf(" ");
      return [line.slice("leasehold_keeper_".length, at), Number(line.slice(at + 1))];
    }),
  );
}
