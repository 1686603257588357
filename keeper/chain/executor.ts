import type { ContractTransaction, TransactionReceipt } from "ethers";

import { explainError, revertDataOf } from "../../sdk/errors";
import type { Disputes, Market } from "../../typechain-types";
import type { DutyKind, LeaseDutyKind } from "../core/duties";
import { type Done, doneBy, type Sources } from "./events";
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
  readonly done: readonly Done[];
  readonly gasUsed: bigint;
  /** Wei. */
  readonly feePaid: bigint;
}

/** How the keeper acts on the protocol: on leases in batches, on disputes one by one. */
export interface Executor {
  simulate(kind: DutyKind, ids: readonly bigint[]): Promise<Simulation>;
  /** Sends and waits. Undefined where another transaction of this account took its place. */
  send(kind: DutyKind, ids: readonly bigint[], gasLimit: bigint): Promise<Outcome | undefined>;
}

/** One call, not sent yet. */
interface Call {
  /** Tries it. Returns how many leases or disputes it would do. */
  done(): Promise<number>;
  gas(): Promise<bigint>;
  transaction(): Promise<ContractTransaction>;
}

/** Acts on the protocol by transactions of one account. */
export class ProtocolExecutor implements Executor {
  constructor(
    private readonly contracts: { readonly market: Market; readonly disputes: Disputes },
    private readonly sources: Sources,
    private readonly sender: Sender,
  ) {}

  async simulate(kind: DutyKind, ids: readonly bigint[]): Promise<Simulation> {
    const call = this.call(kind, ids);
    try {
      const done = await call.done();
      return { type: "works", done, gas: done === 0 ? 0n : await call.gas() };
    } catch (error) {
      if (this.isOver(error)) return { type: "works", done: 0, gas: 0n };
      const explained = explainError(error);
      if (explained === undefined) throw error; // the node's trouble, not that of leases or disputes
      return { type: "reverts", reason: explained.sentence };
    }
  }

  async send(kind: DutyKind, ids: readonly bigint[], gasLimit: bigint): Promise<Outcome | undefined> {
    const { to, data } = await this.call(kind, ids).transaction();
    const receipt = await this.sender.send({ to, data, gasLimit });
    return receipt === undefined ? undefined : this.outcomeOf(receipt);
  }

  private call(kind: DutyKind, ids: readonly bigint[]): Call {
    const from = this.sender.account;
    switch (kind) {
      case "expire":
      case "cancelNoShow": {
        const method = this.contracts.market[METHODS[kind]];
        return {
          done: async () => Number(await method.staticCall([...ids], { from })),
          gas: () => method.estimateGas([...ids], { from }),
          transaction: () => method.populateTransaction([...ids]),
        };
      }
      case "execute":
      case "settle": {
        const method = this.contracts.disputes[kind];
        const disputeId = only(ids);
        return {
          done: () => method.staticCall(disputeId, { from }).then(() => 1),
          gas: () => method.estimateGas(disputeId, { from }),
          transaction: () => method.populateTransaction(disputeId),
        };
      }
    }
  }

  /** Whether a dispute refused because it is past what was wanted of it: the market passes over such leases by itself. */
  private isOver(error: unknown): boolean {
    const data = revertDataOf(error);
    return data !== undefined && this.contracts.disputes.interface.parseError(data)?.name === "DisputesWrongPhase";
  }

  private outcomeOf(receipt: TransactionReceipt): Outcome {
    return {
      hash: receipt.hash,
      block: receipt.blockNumber,
      reverted: receipt.status === 0,
      done: doneBy(this.sender.account, this.sources, receipt.logs),
      gasUsed: receipt.gasUsed,
      feePaid: receipt.fee,
    };
  }
}

const METHODS = { expire: "expire", cancelNoShow: "cancelNoShows" } as const satisfies Record<LeaseDutyKind, string>;

function only(ids: readonly bigint[]): bigint {
  const [id, ...others] = ids;
  if (id === undefined || others.length > 0) throw new Error(`disputes are carried out one by one, not ${ids.length}`);
  return id;
}
