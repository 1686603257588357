import {
  type FeeData,
  isError,
  type Provider,
  type Signer,
  type TransactionReceipt,
  type TransactionRequest,
} from "ethers";

import { reasonOf } from "../sdk/endpoints";
import { explainError } from "../sdk/errors";
import { isConnectionLoss, isOvertaken, isUnderpriced } from "../sdk/nodeErrors";
import { DeployError } from "./errors";
import type { Parameters } from "./parameters";

/** What there is to tell while transactions are sent. */
export type SenderEvent =
  | { readonly type: "waiting"; readonly pending: number }
  | { readonly type: "replacing"; readonly nonce: number; readonly maxFeePerGas: bigint }
  | { readonly type: "refused"; readonly nonce: number; readonly message: string }
  | { readonly type: "sent"; readonly step: string; readonly hash: string; readonly nonce: number }
  | { readonly type: "confirming"; readonly confirmation: number; readonly of: number }
  /** The chain has made no block for a while, and only more blocks confirm. */
  | { readonly type: "noBlocks"; readonly seconds: number }
  | { readonly type: "mined"; readonly hash: string; readonly block: number; readonly gasUsed: bigint };

export type SendingPolicy = Parameters["transactions"];

/** EIP-7825: no transaction may take more gas. */
const MOST_GAS = 2n ** 24n;
/** Estimates are made in the second of the latest block, where a second checkpoint costs less than in a later one. */
const GAS_OF_A_LATER_SECOND = 50_000n;
const FIRST_POLL_MS = 20;
const LAST_POLL_MS = 1_000;
/** Each raise is a quarter: this many are a factor of 35. */
const MOST_RAISES = 16;
const MOST_REPLACEMENTS = 6;
const MOST_FAILED_SENDS = 10;
/** After so long without a block there is a hint that this chain makes blocks for transactions only. */
const SECONDS_WITHOUT_BLOCK = 30;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Polls quickly at first, then every second, until `probe` answers or the time is over. */
async function poll<T>(probe: () => Promise<T | undefined>, seconds: number): Promise<T | undefined> {
  const until = Date.now() + seconds * 1_000;
  for (let pause = FIRST_POLL_MS; ; pause = Math.min(pause * 2, LAST_POLL_MS)) {
    const answer = await probe();
    if (answer !== undefined || Date.now() >= until) return answer;
    await sleep(pause);
  }
}

function isPoverty(error: unknown): boolean {
  return isError(error, "INSUFFICIENT_FUNDS") || /(enough|insufficient) funds/i.test((error as Error).message);
}

/**
 * Reaches goals by transactions of one account, one at a time, each with the lowest nonce that is not mined yet. So
 * whatever an earlier run left pending either reaches the goal or is replaced: two transactions for one goal can never
 * both be mined.
 */
export class Sender {
  readonly receipts: TransactionReceipt[] = [];

  constructor(
    private readonly signer: Signer,
    private readonly provider: Provider,
    private readonly account: string,
    private readonly policy: SendingPolicy,
    private readonly tell: (event: SenderEvent) => void,
  ) {}

  /**
   * Sends `transaction` unless `done`, until `done`. `step`: what it is for, in events and errors.
   * @returns the receipt of the transaction that was mined; undefined where none of this run was.
   */
  async reach(
    step: string,
    transaction: TransactionRequest,
    done: () => Promise<boolean>,
  ): Promise<TransactionReceipt | undefined> {
    let raise: number = await this.settle();
    const sent: string[] = [];
    for (let failures = 0; ;) {
      // Read before the goal: what is mined in between then makes the nonce too low, and nothing is sent twice.
      const nonce = await this.provider.getTransactionCount(this.account, "latest");
      if (await done()) return undefined;
      if (raise > MOST_RAISES || sent.length > MOST_REPLACEMENTS) throw this.notMined(step);

      const gasLimit = await this.gasFor(step, transaction, done);
      if (gasLimit === undefined) return undefined;
      const fees = await this.fees(raise, nonce);
      try {
        const { hash } = await this.signer.sendTransaction({ ...transaction, ...fees, gasLimit, nonce });
        sent.push(hash);
        this.tell({ type: "sent", step, hash, nonce });
      } catch (error) {
        if (isPoverty(error)) throw this.poor(step, error);
        if (!(isOvertaken(error) || isConnectionLoss(error)) || ++failures > MOST_FAILED_SENDS) throw error;
        this.tell({ type: "refused", nonce, message: reasonOf(error) });
        // What is pending was sent for much more than the network asks now: no use in waiting before going higher.
        if (raise > 0 && isUnderpriced(error)) {
          raise += 3;
          continue;
        }
      }
      raise = (await this.mined(nonce)) ? 0 : raise + 1;
      const receipt = await this.minedOf(sent);
      if (receipt !== undefined) return await this.reached(step, receipt, done);
    }
  }

  /**
   * Waits for what is pending already, from a run that was killed.
   * @returns 0, or 1 where it is stuck and has to be replaced.
   */
  private async settle(): Promise<0 | 1> {
    const pending = async (): Promise<number> => {
      const [mined, known] = await Promise.all([
        this.provider.getTransactionCount(this.account, "latest"),
        this.provider.getTransactionCount(this.account, "pending"),
      ]);
      return known - mined;
    };
    const count = await pending();
    if (count <= 0) return 0;
    this.tell({ type: "waiting", pending: count });
    const settled = await poll(async () => ((await pending()) <= 0 ? true : undefined), this.policy.stuckAfter);
    return settled === true ? 0 : 1;
  }

  /** Waits until the transaction with this nonce is mined, whichever it is. */
  private async mined(nonce: number): Promise<boolean> {
    const isMined = async (): Promise<true | undefined> =>
      (await this.provider.getTransactionCount(this.account, "latest")) > nonce ? true : undefined;
    return (await poll(isMined, this.policy.stuckAfter)) === true;
  }

  /**
   * Simulates, so that nothing is sent that would revert.
   * @returns the gas to send along; undefined where another run of the deployment was faster.
   */
  private async gasFor(
    step: string,
    transaction: TransactionRequest,
    done: () => Promise<boolean>,
  ): Promise<bigint | undefined> {
    const request = { ...transaction, from: this.account, blockTag: "latest" };
    try {
      const estimate = await this.provider.estimateGas(request);
      const ample = (estimate * 6n) / 5n + GAS_OF_A_LATER_SECOND;
      return ample > MOST_GAS && estimate <= MOST_GAS ? MOST_GAS : ample;
    } catch (error) {
      if (isPoverty(error)) throw this.poor(step, error);
      const reason = explainError(error);
      if (reason === undefined) throw error;
      if (await done()) return undefined;
      if (await this.passesNow(request)) return MOST_GAS;
      throw new DeployError(
        "WOULD_REVERT",
        `The transaction for "${step}" would revert (${reason.name}: ${reason.sentence}); it was not sent.`,
        "find out why with `npm run deploy -- status`; nothing needs cleaning up before running again.",
        { cause: error },
      );
    }
  }

  /** Some nodes estimate on top of pending transactions, where a stuck one has reached the goal already. */
  private async passesNow(request: TransactionRequest): Promise<boolean> {
    return this.provider.call(request).then(
      () => true,
      () => false,
    );
  }

  /** Fees of this transaction: what the network suggests, a quarter more for each time that it was not mined. */
  private async fees(
    raise: number,
    nonce: number,
  ): Promise<Pick<TransactionRequest, "gasPrice" | "maxFeePerGas" | "maxPriorityFeePerGas">> {
    const most = this.policy.maxFeePerGas;
    if (raise === 0 && most === undefined) return {}; // the signer asks the network
    const raised = (fee: bigint): bigint => (fee * 5n ** BigInt(raise)) / 4n ** BigInt(raise) + BigInt(raise);
    const capped = (fee: bigint): bigint => (most !== undefined && fee > most ? most : fee);

    const suggested: FeeData = await this.provider.getFeeData();
    const fee = suggested.maxFeePerGas ?? suggested.gasPrice;
    if (fee === null) return {};
    const block = most === undefined ? null : await this.provider.getBlock("latest");
    const base = block?.baseFeePerGas ?? (suggested.maxFeePerGas === null ? fee : 0n);
    if (most !== undefined && base > most) throw this.tooDear(base, most);

    if (raise > 0) this.tell({ type: "replacing", nonce, maxFeePerGas: capped(raised(fee)) });
    if (suggested.maxFeePerGas === null) return { gasPrice: capped(raised(fee)) };
    const maxFeePerGas = capped(raised(fee));
    const tip = raised(suggested.maxPriorityFeePerGas ?? 0n);
    return { maxFeePerGas, maxPriorityFeePerGas: tip > maxFeePerGas ? maxFeePerGas : tip };
  }

  /** The receipt of whichever of these transactions was mined. */
  private async minedOf(hashes: readonly string[]): Promise<TransactionReceipt | undefined> {
    for (const hash of hashes) {
      const receipt = await this.provider.getTransactionReceipt(hash);
      if (receipt !== null) return receipt;
    }
    return undefined;
  }

  /** A mined transaction has reached its goal; a node that lags behind may need a moment to see it. */
  private async reached(
    step: string,
    receipt: TransactionReceipt,
    done: () => Promise<boolean>,
  ): Promise<TransactionReceipt | undefined> {
    const { hash, blockNumber, gasUsed, status } = receipt;
    if (status === 0) {
      if (await done()) return undefined; // another run of the deployment was faster
      throw new DeployError(
        "REVERTED",
        `Transaction ${hash} for "${step}" was mined in block ${blockNumber} and reverted, although it had been simulated.`,
        "look at it with a block explorer. Running again is safe: it reads the chain first.",
      );
    }
    const seen = await poll(async () => ((await done()) ? true : undefined), this.policy.stuckAfter);
    if (seen !== true) {
      throw new DeployError(
        "NOT_MINED",
        `Transaction ${hash} for "${step}" was mined in block ${blockNumber}, but the node does not show its effect.`,
        "run again, with another node if this one stays behind.",
      );
    }
    this.receipts.push(receipt);
    this.tell({ type: "mined", hash, block: blockNumber, gasUsed });
    return receipt;
  }

  /** Waits until `block` is as deep as the policy wants it. */
  async confirm(block: number): Promise<void> {
    if (this.policy.confirmations === 1) return;
    const of = this.policy.confirmations;
    const depth = block + of - 1;
    let last = { head: -1, at: 0 };
    let hinted = false;
    const deep = async (): Promise<true | undefined> => {
      const head = await this.provider.getBlockNumber();
      if (head >= depth) return true;
      const seconds = (Date.now() - last.at) / 1_000;
      if (head !== last.head) {
        last = { head, at: Date.now() };
        this.tell({ type: "confirming", confirmation: Math.max(0, head - block + 1), of });
      } else if (!hinted && seconds >= Math.min(SECONDS_WITHOUT_BLOCK, this.policy.stuckAfter)) {
        hinted = true;
        this.tell({ type: "noBlocks", seconds: Math.floor(seconds) });
      }
      return undefined;
    };
    if ((await poll(deep, this.policy.stuckAfter * of)) !== true) {
      throw new DeployError(
        "NOT_MINED",
        `Block ${depth} was not reached, so the last transactions are not confirmed ${of} times.`,
        "run again. On a chain that makes blocks for transactions only, set transactions.confirmations to 1.",
      );
    }
  }

  /** Waits for what a transaction of somebody else brings. */
  async until(done: () => Promise<boolean>, what: string, remark: string): Promise<void> {
    const seen = await poll(async () => ((await done()) ? true : undefined), this.policy.stuckAfter);
    if (seen === true) return;
    throw new DeployError(
      "NOT_MINED",
      `The chain does not show ${what} after ${this.policy.stuckAfter} s${remark}.`,
      "run again: it waits on.",
    );
  }

  private notMined(step: string): DeployError {
    return new DeployError(
      "NOT_MINED",
      `The transaction of ${this.account} for "${step}" is still not mined, however often its fee was raised.`,
      "check that the chain makes blocks, raise transactions.maxFeePerGas in the network file if it holds the fee down, and run again.",
    );
  }

  private poor(step: string, cause: unknown): DeployError {
    return new DeployError(
      "FUNDS",
      `The deployer ${this.account} cannot pay for the next transaction, for "${step}".`,
      "send it native coin of this chain and run again: it goes on where it stopped.",
      { cause },
    );
  }

  private tooDear(base: bigint, most: bigint): DeployError {
    return new DeployError(
      "FEES_TOO_HIGH",
      `The base fee is ${base} wei per gas, transactions.maxFeePerGas allows ${most}.`,
      "run again when the network is cheaper, or raise the limit in the network file.",
    );
  }
}
