import type { Result } from "ethers";
import { z } from "zod";

import { formatDisputeId, formatLeaseId, parseLeaseId } from "../../sdk/ids";
import {
  Disputes__factory,
  Market__factory,
  MarketLens__factory,
  StandingOrders__factory,
} from "../../typechain-types";
import type { Chain } from "./chain";
import { leaseWords, type LeaseWords } from "./leaseWords";
import type { Cost } from "./money";
import { data, quantity, RpcError } from "./rpc";
import type { Prepared } from "./world";

const market = Market__factory.createInterface();
const orders = StandingOrders__factory.createInterface();
const disputes = Disputes__factory.createInterface();
const lens = MarketLens__factory.createInterface();

const ORDER_PLACED = orders.getEvent("OrderPlaced").topicHash;
const ORDER_MOVED = orders.getEvent("OrderFailedOver").topicHash;
const LEASE_OPENED = market.getEvent("LeaseOpened").topicHash;

const CLOSED = 3n;
const EXPIRED = 2n;

const logSchema = z.object({
  address: z.string(),
  topics: z.array(data),
  data,
  blockNumber: quantity,
  transactionHash: data,
  transactionIndex: quantity,
});
type Log = z.infer<typeof logSchema>;

const minedSchema = z.object({
  hash: data,
  from: z.string(),
  to: z.string().nullable(),
  nonce: quantity,
  input: data,
  transactionIndex: quantity,
});
const wei = data.transform(BigInt);
const fullBlockSchema = z.object({
  number: quantity,
  timestamp: quantity,
  baseFeePerGas: wei,
  transactions: z.array(minedSchema),
});
const receiptSchema = z.object({ gasUsed: wei, effectiveGasPrice: wei });
export type MinedTransaction = z.infer<typeof minedSchema> & { readonly block: number; readonly time: number };

/** A duty that a transaction names, or did: "expire 7-12". */
export interface Deed {
  readonly duty: string;
  readonly hash: string;
  readonly block: number;
  readonly time: number;
  readonly index: number;
}

/** All that matters of a chain, read at its end. */
export interface Reading {
  readonly transactions: readonly MinedTransaction[];
  /** What happened, in order, by whomever. */
  readonly deeds: readonly Deed[];
  /** What each transaction of the keeper's calls name. */
  readonly named: ReadonlyMap<string, readonly string[]>;
  /** What each of them cost. */
  readonly costs: readonly Cost[];
  /** Times of the blocks, by number. */
  readonly times: ReadonlyMap<number, number>;
}

/** What is due on a chain by its contracts' own word: the keeper's code has no part in it. */
export class Oracle {
  private readonly known: { ordered: Set<bigint>; served: Set<bigint>; next: number };

  constructor(
    private readonly prepared: Prepared,
    private readonly chain: Chain,
  ) {
    this.known = { ordered: new Set(), served: new Set(), next: prepared.startBlock };
  }

  /** What could be done in a block right after the head, by anyone; empty: the keeper has nothing to do. */
  async due(): Promise<string[]> {
    const { lens: lensAt, orders: ordersAt, market: marketAt, disputes: disputesAt } = this.prepared.addresses;
    const call = (to: string, input: string) => ({ method: "eth_call", params: [{ to, data: input }, "latest"] });
    const page = await this.chain.rpc.ask(
      data,
      "eth_call",
      { to: lensAt, data: lens.encodeFunctionData("dueLeases", [0n, 2_000n]) },
      "latest",
    );
    const [leases] = lens.decodeFunctionResult("dueLeases", page) as unknown as [{ leaseId: bigint; duty: bigint }[]];
    const found = leases.map(
      ({ leaseId, duty }) => `${duty === 0n ? "expire" : "cancelNoShow"} ${formatLeaseId(leaseId)}`,
    );

    const ids = await this.leaseIds();
    const questions: { duty: string; done: (result: string) => boolean; call: ReturnType<typeof call> }[] = [];
    const one = (result: string): boolean => BigInt(result) === 1n;
    const always = (): boolean => true;
    for (const id of ids.ordered) {
      const renew = orders.encodeFunctionData("renew", [[id]]);
      questions.push({ duty: `renew ${formatLeaseId(id)}`, done: one, call: call(ordersAt, renew) });
      const failOver = orders.encodeFunctionData("failOver", [id]);
      questions.push({ duty: `failOver ${formatLeaseId(id)}`, done: always, call: call(ordersAt, failOver) });
    }
    for (const id of this.prepared.disputes) {
      const execute = disputes.encodeFunctionData("execute", [id]);
      questions.push({ duty: `execute ${formatDisputeId(id)}`, done: always, call: call(disputesAt, execute) });
      const settle = disputes.encodeFunctionData("settle", [id]);
      questions.push({ duty: `settle ${formatDisputeId(id)}`, done: always, call: call(disputesAt, settle) });
    }
    for (const id of await this.closedOfServed(ids.served)) {
      const collect = market.encodeFunctionData("collect", [[id]]);
      questions.push({ duty: `collect ${formatLeaseId(id)}`, done: one, call: call(marketAt, collect) });
    }
    const answers = await this.chain.rpc.batch(questions.map((question) => question.call));
    for (const [i, question] of questions.entries()) {
      const answer = answers[i];
      if (answer instanceof RpcError) continue; // it reverts: not to be done
      if (question.done(data.parse(answer))) found.push(question.duty);
    }
    return found;
  }

  /** Reads the chain from the head of the prepared state on. */
  async read(from: number, ...accounts: readonly string[]): Promise<Reading> {
    const own = new Set(accounts.map((account) => account.toLowerCase()));
    const head = await this.chain.head();
    const numbers = [...Array(head.number - from).keys()].map((i) => from + 1 + i);
    const answers = await this.chain.rpc.batch(
      numbers.map((number) => ({ method: "eth_getBlockByNumber", params: [`0x${number.toString(16)}`, true] })),
    );
    const blocks = z.array(fullBlockSchema).parse(answers);
    const timeOf = new Map(blocks.map(({ number, timestamp }) => [number, timestamp]));
    const transactions = blocks.flatMap(({ number, timestamp, transactions: mined }) =>
      mined
        .filter((transaction) => own.has(transaction.from.toLowerCase()))
        .map((transaction) => ({ ...transaction, block: number, time: timestamp })),
    );
    const feeOf = new Map(blocks.map(({ number, baseFeePerGas }) => [number, baseFeePerGas]));
    const receipts = await this.chain.rpc.batch(
      transactions.map(({ hash }) => ({ method: "eth_getTransactionReceipt", params: [hash] })),
    );
    const costs = z
      .array(receiptSchema)
      .parse(receipts)
      .map(({ gasUsed, effectiveGasPrice: price }, i) => {
        const { hash = "", block = 0 } = transactions[i] ?? {};
        return { hash, gasUsed, price, baseFee: feeOf.get(block) ?? 0n };
      });
    const deeds = (await this.logs(from + 1)).flatMap((log) => {
      const duty = deedOf(log, this.prepared);
      if (duty === undefined) return [];
      const { transactionHash: hash, blockNumber: block, transactionIndex: index } = log;
      return [{ duty, hash, block, time: timeOf.get(block) ?? 0, index }];
    });
    const named = new Map(transactions.map(({ hash, to, input }) => [hash, namedBy(to, input, this.prepared)]));
    return { transactions, deeds, named, costs, times: timeOf };
  }

  /** The most blocks between the one in which a lease that expired could be seen to be due, and the one that ended it. */
  async worstLag({ deeds, times }: Reading): Promise<number> {
    const expired = deeds.filter(({ duty }) => duty.startsWith("expire "));
    const views = await this.views(expired.map(({ duty }) => parseLeaseId(duty.slice("expire ".length))));
    const blocks = [...times].sort(([a], [b]) => a - b);
    const lags = views.map(({ reason, end }, i) => {
      const seen = blocks.find(([, time]) => time >= Number(end))?.[0];
      return reason === EXPIRED && seen !== undefined ? (expired[i]?.block ?? seen) - seen : 0;
    });
    return Math.max(0, ...lags);
  }

  private async logs(from: number): Promise<Log[]> {
    const { market: marketAt, orders: ordersAt, disputes: disputesAt } = this.prepared.addresses;
    return this.chain.rpc.ask(z.array(logSchema), "eth_getLogs", {
      fromBlock: `0x${from.toString(16)}`,
      toBlock: "latest",
      address: [marketAt, ordersAt, disputesAt],
    });
  }

  /** Leases that have, or had, standing orders, and those of the provider that the keeper serves; the chain only grows now. */
  private async leaseIds(): Promise<{ ordered: Set<bigint>; served: Set<bigint> }> {
    const { ordered, served } = this.known;
    const head = await this.chain.rpc.ask(quantity, "eth_blockNumber");
    const fresh = head < this.known.next ? [] : await this.logs(this.known.next);
    for (const { topics } of fresh) {
      const [topic, first, second, third] = topics;
      if (topic === ORDER_PLACED) ordered.add(BigInt(first ?? 0));
      if (topic === ORDER_MOVED) ordered.add(BigInt(second ?? 0));
      if (topic === LEASE_OPENED && BigInt(third ?? 0) === BigInt(this.prepared.served)) served.add(BigInt(first ?? 0));
    }
    this.known.next = head + 1;
    return this.known;
  }

  private async closedOfServed(ids: ReadonlySet<bigint>): Promise<bigint[]> {
    return (await this.views([...ids])).filter(({ status }) => status === CLOSED).map(({ leaseId }) => leaseId);
  }

  private async views(ids: readonly bigint[]): Promise<readonly LeaseWords[]> {
    return leaseWords(this.chain, this.prepared.addresses.lens, ids);
  }
}

function parse(log: Log, { addresses }: Prepared): { name: string; args: Result } | undefined {
  const at = log.address.toLowerCase();
  for (const [name, contract] of [
    ["market", market],
    ["orders", orders],
    ["disputes", disputes],
  ] as const) {
    if (addresses[name].toLowerCase() === at) return contract.parseLog(log) ?? undefined;
  }
  return undefined;
}

/** What a log says was done. Collecting says so in several ways, all of them once a lease and transaction. */
function deedOf(log: Log, prepared: Prepared): string | undefined {
  const parsed = parse(log, prepared);
  const lease = (name = "leaseId"): string => formatLeaseId(parsed?.args.getValue(name) as bigint);
  const dispute = (): string => formatDisputeId(parsed?.args.getValue("disputeId") as bigint);
  switch (parsed?.name) {
    case "LeaseClosed":
      return `expire ${lease()}`;
    case "LeaseCancelled":
      return `cancelNoShow ${lease()}`;
    case "LeaseRenewed":
      return `renew ${lease()}`;
    case "OrderFailedOver":
      return `failOver ${lease("from")}`;
    case "DisputeExecuted":
      return `execute ${dispute()}`;
    case "DisputeSettled":
      return `settle ${dispute()}`;
    case "LeaseCollected":
    case "LeaseSettled":
    case "CollateralReleased":
      return `collect ${lease()}`;
    default:
      return undefined;
  }
}

/** The duties that a call names. */
function namedBy(to: string | null, input: string, { addresses }: Prepared): string[] {
  for (const [name, contract] of [
    ["market", market],
    ["orders", orders],
    ["disputes", disputes],
  ] as const) {
    if (to?.toLowerCase() !== addresses[name].toLowerCase()) continue;
    const call = contract.parseTransaction({ data: input });
    if (call === null) return [];
    const [first] = call.args as unknown as [bigint | bigint[]];
    const ids = Array.isArray(first) ? first : [first];
    const kind = call.name === "cancelNoShows" ? "cancelNoShow" : call.name;
    return ids.map((id) => `${kind} ${name === "disputes" ? formatDisputeId(id) : formatLeaseId(id)}`);
  }
  return [];
}
