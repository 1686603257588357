import { type FeeData, type Provider, type Signer, type TransactionReceipt, type TransactionRequest } from "ethers";

import { isOvertaken } from "../../sdk/nodeErrors";
import { pause } from "./pause";

/** How transactions are sent. */
export interface SendingPolicy {
  /** Never offered more, wei per gas. */
  readonly maxFeePerGas?: bigint;
  /** Wait so long for a receipt before a higher fee is offered. */
  readonly stuckAfterMs: number;
}

/** What there is to tell while a transaction is on its way. */
export type SenderEvent =
  | { readonly type: "sent"; readonly hash: string; readonly nonce: number }
  | { readonly type: "stuck"; readonly nonce: number; readonly hashes: readonly string[] };

type Fees = { readonly gasPrice: bigint } | { readonly maxFeePerGas: bigint; readonly maxPriorityFeePerGas: bigint };

/** Sent, and neither mined nor overtaken, as far as is known. */
interface Outstanding {
  readonly nonce: number;
  readonly hashes: string[];
  readonly fees: Fees;
}

const FIRST_POLL_MS = 25;
const LAST_POLL_MS = 2_000;
const MOST_REPLACEMENTS = 5;

/** A transaction that is still not mined after several raises of its fee, or the highest fee allowed. */
export class StuckError extends Error {
  override readonly name = "StuckError";
}

/**
 * Sends the transactions of one account, one at a time: `send` returns when its nonce is used up. Whatever was sent with
 * a nonce is remembered until then, so that a replacement never hides that the first one was mined after all.
 */
export class Sender {
  private outstanding: Outstanding | undefined;

  constructor(
    private readonly signer: Signer,
    private readonly provider: Provider,
    readonly account: string,
    private readonly policy: SendingPolicy,
    private readonly signal: AbortSignal,
    private readonly tell: (event: SenderEvent) => void = () => undefined,
  ) {}

  /**
   * Sends a transaction and waits until its nonce is used up.
   * @returns the receipt; undefined where a transaction that this sender does not know took the nonce.
   * @throws StuckError, the signal's reason, or what the node said about a transaction that it refused.
   */
  async send(request: Pick<TransactionRequest, "to" | "data" | "gasLimit">): Promise<TransactionReceipt | undefined> {
    for (let tries = 0; tries <= MOST_REPLACEMENTS; tries++) {
      this.signal.throwIfAborted();
      const nonce = await this.provider.getTransactionCount(this.account, "latest");
      if (this.outstanding !== undefined && this.outstanding.nonce < nonce) this.outstanding = undefined;
      const fees = await this.fees();
      if (fees !== undefined) await this.broadcast({ ...request, ...fees, nonce }, fees);

      const settled = await this.settled(nonce);
      if (settled !== "stuck") {
        this.outstanding = undefined;
        return settled;
      }
      this.tell({ type: "stuck", nonce, hashes: this.outstanding?.hashes ?? [] });
    }
    throw new StuckError(
      `A transaction of ${this.account} is not mined after ${MOST_REPLACEMENTS} raises of its fee. Check that the chain ` +
        "makes blocks, and raise KEEPER_MAX_FEE_GWEI if it holds the fee down.",
    );
  }

  private async broadcast(request: TransactionRequest & { nonce: number }, fees: Fees): Promise<void> {
    const { nonce } = request;
    const hashes = this.outstanding?.hashes ?? [];
    try {
      const { hash } = await this.signer.sendTransaction(request);
      hashes.push(hash);
      this.tell({ type: "sent", hash, nonce });
    } catch (error) {
      // The nonce has a transaction already, of an earlier run or mined meanwhile: waiting tells.
      if (!isOvertaken(error)) throw error;
    }
    this.outstanding = { nonce, hashes, fees };
  }

  /** Waits until the nonce is used up, or for as long as the policy says. */
  private async settled(nonce: number): Promise<TransactionReceipt | "stuck" | undefined> {
    const until = Date.now() + this.policy.stuckAfterMs;
    for (let ms = FIRST_POLL_MS; ; ms = Math.min(ms * 2, LAST_POLL_MS)) {
      const used = (await this.provider.getTransactionCount(this.account, "latest")) > nonce;
      if (used) return await this.receipt();
      if (Date.now() >= until) return "stuck";
      await pause(ms, this.signal);
      this.signal.throwIfAborted();
    }
  }

  /** The receipt of whichever transaction of the nonce was mined. */
  private async receipt(): Promise<TransactionReceipt | undefined> {
    for (const hash of this.outstanding?.hashes ?? []) {
      const receipt = await this.provider.getTransactionReceipt(hash);
      if (receipt !== null) return receipt;
    }
    return undefined;
  }

  /** What to offer; a quarter more than last time for a nonce that is stuck. Undefined: no more may be offered. */
  private async fees(): Promise<Fees | undefined> {
    const most = this.policy.maxFeePerGas;
    const cap = (fee: bigint): bigint => (most !== undefined && fee > most ? most : fee);
    const suggested = suggestedFees(await this.provider.getFeeData());
    const last = this.outstanding?.fees;
    const atLeast = (fee: bigint, before: bigint | undefined): bigint => {
      const raised = before === undefined ? 0n : (before * 5n) / 4n + 1n;
      return fee > raised ? fee : raised;
    };

    if ("gasPrice" in suggested) {
      const before = last !== undefined && "gasPrice" in last ? last.gasPrice : undefined;
      const gasPrice = cap(atLeast(suggested.gasPrice, before));
      return before !== undefined && !replaces(gasPrice, before) ? undefined : { gasPrice };
    }
    const before = last !== undefined && "maxFeePerGas" in last ? last : undefined;
    const maxFeePerGas = cap(atLeast(suggested.maxFeePerGas, before?.maxFeePerGas));
    if (before !== undefined && !replaces(maxFeePerGas, before.maxFeePerGas)) return undefined;
    const tip = atLeast(suggested.maxPriorityFeePerGas, before?.maxPriorityFeePerGas);
    return { maxFeePerGas, maxPriorityFeePerGas: tip < maxFeePerGas ? tip : maxFeePerGas };
  }
}

function suggestedFees(data: FeeData): Fees {
  if (data.maxFeePerGas !== null && data.maxPriorityFeePerGas !== null) {
    return { maxFeePerGas: data.maxFeePerGas, maxPriorityFeePerGas: data.maxPriorityFeePerGas };
  }
  if (data.gasPrice === null) throw new Error("The node suggests no gas price. Use another node.");
  return { gasPrice: data.gasPrice };
}

/** Nodes take a replacement only if it offers a tenth more. */
function replaces(fee: bigint, before: bigint): boolean {
  return fee * 10n >= before * 11n;
}
