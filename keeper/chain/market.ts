import type { TransactionReceipt } from "ethers";

import { explainError } from "../../sdk/errors";
import type { Market } from "../../typechain-types";
import type { DutyKind } from "../core/leases";
import { type Ended, endedBy } from "./events";
import type { Sender } from "./sender";

/** What a transaction would do now. */
export type Simulation =
  | { readonly type: "works"; readonly done: number; readonly gas: bigint }
  | { readonly type: "reverts"; readonly reason: string };

/** What a transaction did. */
export interface Outcome {
  readonly hash: string;
  readonly block: number;
  readonly reverted: boolean;
  readonly ended: readonly Ended[];
  readonly gasUsed: bigint;
  /** Wei. */
  readonly feePaid: bigint;
}

/** How the keeper acts on the market. */
export interface Executor {
  simulate(kind: DutyKind, leaseIds: readonly bigint[]): Promise<Simulation>;
  /** Sends and waits. Undefined where another transaction of this account took its place. */
  send(kind: DutyKind, leaseIds: readonly bigint[], gasLimit: bigint): Promise<Outcome | undefined>;
}

/** Acts on the market by transactions of one account. */
export class MarketExecutor implements Executor {
  constructor(
    private readonly market: Market,
    private readonly address: string,
    private readonly sender: Sender,
  ) {}

  async simulate(kind: DutyKind, leaseIds: readonly bigint[]): Promise<Simulation> {
    const method = this.market[METHODS[kind]];
    const from = this.sender.account;
    try {
      const done = await method.staticCall([...leaseIds], { from });
      if (done === 0n) return { type: "works", done: 0, gas: 0n };
      return { type: "works", done: Number(done), gas: await method.estimateGas([...leaseIds], { from }) };
    } catch (error) {
      const explained = explainError(error);
      if (explained === undefined) throw error; // the node's trouble, not the leases'
      return { type: "reverts", reason: explained.sentence };
    }
  }

  async send(kind: DutyKind, leaseIds: readonly bigint[], gasLimit: bigint): Promise<Outcome | undefined> {
    const { data } = await this.market[METHODS[kind]].populateTransaction([...leaseIds]);
    const receipt = await this.sender.send({ to: this.address, data, gasLimit });
    return receipt === undefined ? undefined : this.outcomeOf(receipt);
  }

  private outcomeOf(receipt: TransactionReceipt): Outcome {
    return {
      hash: receipt.hash,
      block: receipt.blockNumber,
      reverted: receipt.status === 0,
      ended: endedBy(this.sender.account, this.address, receipt.logs),
      gasUsed: receipt.gasUsed,
      feePaid: receipt.fee,
    };
  }
}

const METHODS = { expire: "expire", cancelNoShow: "cancelNoShows" } as const satisfies Record<DutyKind, string>;
