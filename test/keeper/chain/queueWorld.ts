import { type Transaction, Wallet, ZeroAddress } from "ethers";

import { FeeReader } from "../../../keeper/chain/feeReader";
import { TransactionQueue } from "../../../keeper/chain/queue";
import type { QueueEvent, QueuePolicy } from "../../../keeper/chain/queueApi";
import { WalletSigner } from "../../../keeper/chain/signer";
import type { DutyRef } from "../../../keeper/core/slots";
import type { Database } from "../../../keeper/store/database";
import { Journal } from "../../../keeper/store/journal";
import { withStore } from "../stores";
import { GWEI, SenderChain } from "./senderChain";

const wallet = new Wallet(`0x${"33".repeat(32)}`);
const POLICY: QueuePolicy = { maxFeePerGas: 60n * GWEI, bumpBlocks: 3, confirmations: 3 };
/** Gas of a batch of so many duties, as it is planned. */
export const gasFor = (duties: number): bigint => (5n * (71_000n + 12_500n * BigInt(duties))) / 4n;

/** A queue in front of a chain, and what it told. */
export interface QueueWorld {
  readonly chain: SenderChain;
  readonly queue: TransactionQueue;
  readonly store: Database;
  readonly told: QueueEvent[];
  /** Keys that are due. */
  readonly due: Set<string>;
  /** The same account after a restart. */
  reborn(): TransactionQueue;
  /** Looks at the newest block. */
  follow(queue?: TransactionQueue): ReturnType<TransactionQueue["follow"]>;
  /** Sends one batch of duties, by number. */
  submit(...numbers: number[]): ReturnType<TransactionQueue["submit"]>;
}

export const keyOf = (number: number): string => `expire 1-${number}`;
export const refOf = (number: number): DutyRef => ({
  key: keyOf(number),
  dueAt: 1_000_000,
  tenant: "0xA",
  token: "0xT",
});

/** What a transaction is for, as "1,2"; "" for one that only uses its nonce up. */
export const wordsOf = ({ data }: Pick<Transaction, "data">): string => Buffer.from(data.slice(2), "hex").toString();

/** What waits in the pool, lowest nonce first. */
export const poolOf = ({ pool }: SenderChain): string[] =>
  [...pool.values()].sort((a, b) => a.nonce - b.nonce).map(wordsOf);

export async function withQueue(
  work: (world: QueueWorld) => Promise<void>,
  policy: Partial<QueuePolicy> = {},
): Promise<void> {
  await withStore(async (newStore) => {
    const store = await newStore();
    const chain = new SenderChain(wallet.address);
    const told: QueueEvent[] = [];
    const due = new Set<string>();
    const reborn = (): TransactionQueue =>
      new TransactionQueue(
        chain,
        new FeeReader(chain),
        new WalletSigner(wallet, 31_337n),
        new Journal(store, wallet.address),
        { ...POLICY, ...policy },
        {
          encode: (_kind, keys) => {
            const numbers = keys.map((key) => key.replace("expire 1-", ""));
            return { to: ZeroAddress, data: `0x${Buffer.from(numbers.join()).toString("hex")}` };
          },
          works: (_kind, keys, gasLimit) => Promise.resolve(gasLimit >= chain.needs(keys.length)),
          doneBy: () => [],
        },
        (event) => void told.push(event),
      );
    const queue = reborn();
    await work({
      chain,
      queue,
      store,
      told,
      due,
      reborn,
      follow: (which = queue) => which.follow(chain.head, (key) => due.has(key)),
      submit: (...numbers) => {
        for (const number of numbers) due.add(keyOf(number));
        const duties = numbers.map(refOf);
        return queue.submit({ kind: "expire", duties, gasLimit: gasFor(numbers.length) }, chain.head);
      },
    });
  });
}
