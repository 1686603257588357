import { Transaction, type TransactionLike, type TransactionReceipt } from "ethers";
import { type z } from "zod";

import { UnitError } from "../../../../sdk/units";
import { Failure } from "../../failure";
import { parsed } from "../../inputs";
import type { Fees } from "../../sending/fees";
import type { Entry } from "../../sending/journal";
import { findByNonce } from "../../sending/track";
import type { Session } from "../../session";

/** A transaction as people name it. */
export type Named = { readonly hash: string } | { readonly nonce: number };

export const hashOrNonce: z.ZodType<Named, string> = parsed((text) => {
  if (/^0x[0-9a-f]{64}$/i.test(text)) return { hash: text.toLowerCase() };
  if (/^\d{1,15}$/.test(text)) return { nonce: Number(text) };
  throw new UnitError(`"${text}" is no transaction: write its hash (0x and 64 hexadecimal digits), or its nonce`);
});

/** A transaction that was found. */
export interface Found {
  readonly hash: string;
  readonly account: string;
  readonly nonce: number;
  readonly to: string | null;
  readonly data: string;
  readonly value: bigint;
  readonly gasLimit: bigint;
  readonly fees: Fees;
  /** What this machine wrote down about it and others with its nonce. */
  readonly entries: readonly Entry[];
  /** The node knows it. */
  readonly isKnown: boolean;
  readonly receipt: TransactionReceipt | null;
  /** Nonces of the account that are used up, in the latest block. */
  readonly used: number;
  readonly head: number;
}

const feesOf = ({ maxFeePerGas, maxPriorityFeePerGas, gasPrice }: TransactionLike): Fees => ({
  maxFeePerGas: BigInt(maxFeePerGas ?? gasPrice ?? 0n),
  maxPriorityFeePerGas: BigInt(maxPriorityFeePerGas ?? gasPrice ?? 0n),
});

/** What this machine wrote down about transactions of this chain. */
export async function entriesOf(session: Session): Promise<Entry[]> {
  const { chainId } = await session.connection();
  return session.journal.all().filter((entry) => entry.chainId === chainId);
}

/** Looks for a transaction in the node and on this machine; undefined where neither knows one. */
export async function findTransaction(session: Session, named: Named): Promise<Found | undefined> {
  const [provider, entries] = await Promise.all([session.provider(), entriesOf(session)]);
  const entry = await entryOf(session, entries, named);
  const chained = "nonce" in named && entry === undefined ? await minedWith(session, named.nonce) : undefined;
  const hash = "hash" in named ? named.hash : (entry?.hash ?? chained);
  if (hash === undefined) return undefined;
  const [known, receipt, head] = await Promise.all([
    provider.getTransaction(hash),
    provider.getTransactionReceipt(hash),
    provider.getBlockNumber(),
  ]);
  const own = entry === undefined ? undefined : Transaction.from(entry.raw);
  const found = known ?? own;
  const account = known?.from ?? own?.from;
  if (found === undefined || account === undefined || account === null) return undefined;
  const { nonce, to, data, value, gasLimit } = found;
  return {
    ...{ hash, account, nonce, to, data, value, gasLimit, receipt, head },
    fees: feesOf(known ?? own ?? {}),
    entries: entries.filter((each) => each.account === account && each.nonce === nonce),
    isKnown: known !== null,
    used: await provider.getTransactionCount(account, "latest"),
  };
}

async function entryOf(session: Session, entries: readonly Entry[], named: Named): Promise<Entry | undefined> {
  if ("hash" in named) return entries.find(({ hash }) => hash === named.hash);
  const account = await session.account();
  return entries.filter((entry) => entry.account === account && entry.nonce === named.nonce).at(-1);
}

async function minedWith(session: Session, nonce: number): Promise<string | undefined> {
  const [provider, account] = await Promise.all([session.provider(), session.account()]);
  if ((await provider.getTransactionCount(account, "latest")) <= nonce) return undefined;
  return (await findByNonce(provider, account, nonce))?.hash;
}

/** As `findTransaction`; fails with what to do where there is none. */
export async function transactionNamed(session: Session, named: Named): Promise<Found> {
  const found = await findTransaction(session, named);
  if (found !== undefined) return found;
  if ("hash" in named) {
    const message = `neither the node nor this machine knows transaction ${named.hash}: it was dropped, or it is of another chain`;
    throw new Failure("refused", `${message}. Check --rpc; if it was dropped, nothing of it was done`);
  }
  const account = await session.account();
  const message = `this machine knows no transaction of ${account} with nonce ${named.nonce}, and none is mined`;
  throw new Failure("refused", `${message}: name it by its hash, if another program sent it`);
}
