import { isError, keccak256, type Provider, type Signer, type TransactionReceipt } from "ethers";

import { formatDuration } from "../../../sdk/units";
import { Failure, toFailure } from "../failure";
import type { Session } from "../session";
import { broadcast } from "./broadcast";
import { type Fees, firstFees, gwei, raisedFees, readMarket } from "./fees";
import { type Entry, thisProcess } from "./journal";
import { type Attempt, type Fate, Tracker } from "./track";

/** What is sent, whatever it offers. */
export interface Call {
  readonly to: string;
  readonly data: string;
  readonly value: bigint;
  readonly gasLimit: bigint;
}

/** A call that has its place among the transactions of its account. */
export interface Placed {
  readonly label: string;
  readonly call: Call;
  readonly account: string;
  readonly chainId: number;
  readonly nonce: number;
  /** What it is a part of: the command and its input. */
  readonly command: string;
  /** It is the last transaction of its command. */
  readonly last: boolean;
}

/** What waits under the nonce already. */
export interface Before {
  readonly fees: Fees;
  /** Those of them that do the same. */
  readonly attempts: readonly Attempt[];
}

async function signRaw(
  signer: Signer,
  { call, chainId, nonce }: Placed,
  fees: Fees,
  isLegacy: boolean,
): Promise<string> {
  const price = isLegacy
    ? { type: 0, gasPrice: fees.maxFeePerGas }
    : { type: 2, maxFeePerGas: fees.maxFeePerGas, maxPriorityFeePerGas: fees.maxPriorityFeePerGas };
  try {
    return await signer.signTransaction({ ...call, chainId, nonce, ...price });
  } catch (error) {
    if (!isError(error, "UNSUPPORTED_OPERATION") && !isError(error, "NOT_IMPLEMENTED")) throw error;
    const message =
      "this signer cannot sign a transaction without sending it, so its hash would not be known before: " +
      "use a keystore (--keystore) or LEASEHOLD_KEY";
    throw new Failure("configuration", message, undefined, { cause: error });
  }
}

/** One nonce of the account, and all that is signed for it. */
export class Sending {
  private readonly attempts: Attempt[];
  private fees: Fees | undefined;

  constructor(
    private readonly session: Session,
    private readonly placed: Placed,
    private readonly before?: Before,
  ) {
    this.attempts = [...(before?.attempts ?? [])];
  }

  /** What it offers first. Fails where the limits leave no room. */
  async firstFees(): Promise<{ readonly fees: Fees; readonly isLegacy: boolean }> {
    const { config } = this.session;
    const market = await readMarket(await this.session.provider());
    const before = this.before?.fees;
    const fees = before === undefined ? firstFees(market, config) : raisedFees(before, market, config);
    if (fees === undefined) throw noRoom(before, config.maxFee);
    return { fees, isLegacy: market.baseFee === undefined };
  }

  /** Signs, writes down, tells and broadcasts. Fails where the node does not want it, and nothing is under way then. */
  async start(): Promise<void> {
    const { session, placed } = this;
    const provider = await session.provider();
    const { fees, isLegacy } = await this.firstFees();
    const entry = await this.sign(fees, isLegacy);
    session.tell(`${placed.label}: sending as ${entry.hash}`);
    const answer = await broadcast(provider, entry.raw, entry.hash);
    if (answer.kind === "refused") {
      this.forget(entry);
      throw toFailure(answer.error, session.lexicon());
    }
    if (answer.kind === "unknown")
      session.tell(`the node's answer was lost (${answer.reason}): looking for ${entry.hash}`);
    session.progress("waiting for its block");
  }

  /** What became of it, bounded by --timeout. */
  async follow(): Promise<Fate> {
    const { call, account, nonce } = this.placed;
    const replace = this.session.config.maxFee === undefined ? {} : { replace: () => this.replace() };
    const { attempts } = this;
    const isSame = (other: { to: string | null; data: string; value: bigint }): boolean =>
      other.to?.toLowerCase() === call.to.toLowerCase() && other.data === call.data && other.value === call.value;
    return new Tracker(this.session, { account, nonce, attempts, isSame, ...replace }).follow();
  }

  get hash(): string {
    return this.attempts.at(-1)?.hash ?? "";
  }

  private async sign(fees: Fees, isLegacy: boolean): Promise<Entry> {
    const { session, placed } = this;
    const raw = await signRaw(await session.signer(), placed, fees, isLegacy);
    const { nonce, account, chainId, label, command, last } = placed;
    const entry: Entry = {
      ...{ version: 1, chainId, account, nonce, hash: keccak256(raw), raw, label, command, last },
      signedAt: session.clock(),
      follower: thisProcess(),
    };
    session.underWay.note(entry);
    this.attempts.push({ hash: entry.hash, raw });
    this.fees = fees;
    return entry;
  }

  private forget(entry: Entry): void {
    this.attempts.splice(
      this.attempts.findIndex(({ hash }) => hash === entry.hash),
      1,
    );
    this.session.underWay.drop(entry.hash);
  }

  /** Offers more for what waits, within --max-fee. */
  private async replace(): Promise<void> {
    const provider = await this.session.provider();
    const market = await readMarket(provider);
    const before = this.fees;
    const raised = before === undefined ? undefined : raisedFees(before, market, this.session.config);
    if (before === undefined || raised === undefined) return;
    const entry = await this.sign(raised, market.baseFee === undefined);
    const more = `${gwei(raised.maxFeePerGas)} instead of ${gwei(before.maxFeePerGas)} a gas`;
    this.session.tell(`${this.placed.label}: not mined yet, sending again as ${entry.hash}, for ${more}`);
    const answer = await broadcast(provider, entry.raw, entry.hash);
    if (answer.kind === "refused") {
      this.forget(entry);
      this.fees = before;
    }
  }
}

function noRoom(before: Fees | undefined, maxFee: bigint | undefined): Failure {
  const offered = before === undefined ? "" : ` offers ${gwei(before.maxFeePerGas)} a gas and`;
  const limit = maxFee === undefined ? "" : ` (--max-fee ${gwei(maxFee)})`;
  return new Failure(
    "refused",
    `what waits${offered} is replaced only for a tenth more${limit}: allow more with --max-fee`,
  );
}

/** The nonce after all that the node knows, and after what this run has sent: replicas lag. */
export async function freeNonce(session: Session, provider: Provider, account: string): Promise<number> {
  return Math.max(await provider.getTransactionCount(account, "pending"), session.underWay.nextNonce);
}

/** Sends a call and waits for it; fails with its hash where it is not known to have done its work. */
export async function sendCall(
  session: Session,
  label: string,
  call: Call,
  last: boolean,
): Promise<TransactionReceipt> {
  const [provider, account, { chainId }] = await Promise.all([
    session.provider(),
    session.account(),
    session.connection(),
  ]);
  const nonce = await freeNonce(session, provider, account);
  const waiting = session.journal.all().filter((entry) => entry.chainId === chainId && entry.account === account);
  const first = waiting.find((entry) => entry.nonce < nonce && entry.command !== session.command);
  if (first !== undefined && (await provider.getTransactionCount(account, "latest")) <= first.nonce) {
    session.tell(`it queues behind ${first.hash} (${first.label}), which waits: see leasehold tx show ${first.hash}`);
  }
  const sending = new Sending(session, {
    ...{ label, call, account, chainId, nonce, last },
    command: session.command,
  });
  await sending.start();
  return receiptOf(session, { label, nonce, hash: sending.hash }, await sending.follow());
}

/** A transaction, as people are told of it. */
type Told = Pick<Entry, "label" | "nonce" | "hash">;

/** The receipt of what is mined; fails with what is known of everything else. */
export function receiptOf(session: Session, { label, nonce, hash }: Told, fate: Fate): TransactionReceipt {
  switch (fate.kind) {
    case "mined":
      if (fate.isForeign) session.tell(`${label}: ${hash} was replaced by ${fate.receipt.hash}, which does the same`);
      session.underWay.settle(nonce, fate.receipt.hash);
      return fate.receipt;
    case "cancelled":
      session.underWay.settle(nonce, fate.by);
      throw new Failure("network", cancelledText(label, hash, fate.by));
    case "late":
      session.underWay.leave();
      throw new Failure("network", lateText(session, label, hash, fate));
    case "stopped":
      session.underWay.leave();
      throw new Failure("interrupted", `${label}: sent as ${hash}, and not waited for. ${whatNext(hash)}`);
  }
}

function cancelledText(label: string, hash: string, by: string | undefined): string {
  const other = by === undefined ? "another transaction of the account, which the node does not show" : by;
  return (
    `${label}: ${hash} was cancelled: its nonce was used by ${other}. ` +
    "Nothing of it was done; if you did not cancel it, another program uses the key. Run the command again if you still want it"
  );
}

const whatNext = (hash: string): string =>
  `\`leasehold tx show ${hash}\` says what became of it, \`tx speed-up\` and \`tx cancel\` push it; ` +
  "the same command again waits for it and does not send it twice";

function lateText({ config }: Session, label: string, hash: string, { inBlock }: Fate & { kind: "late" }): string {
  const waited = formatDuration(config.timeout);
  if (inBlock === undefined) {
    return `${label}: sent as ${hash}, and not in a block after ${waited}. It may still be: ${whatNext(hash)}`;
  }
  const { block, confirmations } = inBlock;
  return (
    `${label}: ${hash} is in block ${block}, with ${confirmations} of ${config.confirmations} confirmations after ${waited}. ` +
    "It is done unless the chain is reorganised: wait longer with --timeout, or ask for fewer --confirmations"
  );
}
