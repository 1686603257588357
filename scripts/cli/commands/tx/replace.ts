import { z } from "zod";

import { command } from "../../command";
import { Failure } from "../../failure";
import { pairs, type Report } from "../../format";
import { gwei } from "../../sending/fees";
import { receiptOf, Sending } from "../../sending/send";
import type { Fate } from "../../sending/track";
import type { Session } from "../../session";
import { type Found, findTransaction, hashOrNonce, type Named, transactionNamed } from "./find";

/** Fails unless the transaction still waits and is this key's. */
async function requireOpen(session: Session, { hash, account, nonce, receipt, used }: Found): Promise<void> {
  const own = await session.account();
  if (account !== own) throw new Failure("refused", `${hash} is of ${account}, and the key of ${own}: use its key`);
  if (receipt !== null)
    throw new Failure("refused", `${hash} is in block ${receipt.blockNumber}: nothing is left to do`);
  if (nonce >= used) return;
  throw new Failure("refused", `the nonce of ${hash} was used by another transaction: leasehold tx show ${hash}`);
}

function requireKey({ config }: Session): void {
  if (config.safeBatch === undefined) return;
  throw new Failure("usage", "a Safe's transactions wait in the Safe: replace them there, without --safe-batch");
}

/** Sends what replaces a transaction, and waits until the nonce is used up; undefined in a dry run. */
async function replace(session: Session, sending: Sending): Promise<Fate | undefined> {
  if (session.config.dryRun) return undefined;
  const release = session.holdStops();
  try {
    await sending.start();
    return await sending.follow();
  } finally {
    release();
  }
}

async function dryReport(sending: Sending, label: string): Promise<Report> {
  const { fees } = await sending.firstFees();
  const offers = `${gwei(fees.maxFeePerGas)} a gas, ${gwei(fees.maxPriorityFeePerGas)} of it on top`;
  const text = `Dry run: nothing was sent.\n\n${label}\n${pairs([["  would offer", offers]])}`;
  return { data: { dryRun: true, label, fees }, text };
}

function adopt(session: Session, { entries }: Found): void {
  for (const entry of entries) session.underWay.adopt(entry);
}

const FEES =
  "It offers a quarter more, or what is usual now, if that is more; --max-fee and --priority-fee bound or set it.";

export const speedUp = command({
  usage: "speed-up <transaction>",
  summary: "offer more for a transaction that waits, by hash or nonce, and wait for it",
  details: FEES,
  input: z.object({ transaction: hashOrNonce }),
  async run(session, input) {
    requireKey(session);
    const found = await transactionNamed(session, input.transaction);
    await requireOpen(session, found);
    const { account, nonce, to, data, value, gasLimit, fees, entries, hash } = found;
    if (to === null) throw new Failure("refused", `${hash} deploys a contract: replace it where it was made`);
    const entry = entries.at(-1);
    const { chainId } = await session.connection();
    const label = entry?.label ?? `Transaction ${hash}`;
    const placed = {
      ...{ label, account, nonce, chainId, call: { to, data, value, gasLimit } },
      command: entry?.command ?? session.command,
      last: entry?.last ?? true,
    };
    const same = entries.length > 0 ? entries : [{ hash, raw: "" }];
    const sending = new Sending(session, placed, { fees, attempts: same });
    adopt(session, found);
    const fate = await replace(session, sending);
    if (fate === undefined) return dryReport(sending, `Offer more for ${hash}`);
    const receipt = receiptOf(session, { label, nonce, hash: sending.hash }, fate);
    const done = receipt.status === 1 ? "done" : "refused: it did nothing";
    const text = `${label}: in block ${receipt.blockNumber} as ${receipt.hash}, ${done}.`;
    const report = { replaced: hash, hash: receipt.hash, block: receipt.blockNumber, done: receipt.status === 1 };
    return { data: report, text, exitCode: receipt.status === 1 ? 0 : 1 };
  },
});

/** What is cancelled: a transaction that waits, or a nonce of which nothing is known. */
async function toCancel(session: Session, named: Named): Promise<{ nonce: number; found?: Found }> {
  const found = await findTransaction(session, named);
  if (found === undefined && "hash" in named) await transactionNamed(session, named);
  if (found !== undefined) {
    await requireOpen(session, found);
    return { nonce: found.nonce, found };
  }
  const { nonce } = named as { nonce: number };
  const [provider, account] = await Promise.all([session.provider(), session.account()]);
  const pending = await provider.getTransactionCount(account, "pending");
  if (nonce < pending) return { nonce };
  throw new Failure("refused", `no transaction of ${account} waits with nonce ${nonce}: its next one is ${pending}`);
}

export const cancel = command({
  usage: "cancel <transaction>",
  summary: "use up the nonce of a transaction that waits, by hash or nonce, so that it is never done",
  details: `Sends nothing to yourself with the same nonce. ${FEES} Until that is mined the transaction may still be done: which of both was is said at the end.`,
  input: z.object({ transaction: hashOrNonce }),
  async run(session, input) {
    requireKey(session);
    const { nonce, found } = await toCancel(session, input.transaction);
    const [provider, account, { chainId }] = await Promise.all([
      session.provider(),
      session.account(),
      session.connection(),
    ]);
    const gasLimit = await provider.estimateGas({ from: account, to: account });
    const call = { to: account, data: "0x", value: 0n, gasLimit };
    const label = `Cancel ${found?.hash ?? `the transaction with nonce ${nonce}`}`;
    const placed = { label, account, nonce, chainId, call, command: session.command, last: true };
    const sending = new Sending(session, placed, found && { fees: found.fees, attempts: [] });
    if (found !== undefined) adopt(session, found);
    const fate = await replace(session, sending);
    if (fate === undefined) return dryReport(sending, label);
    if (fate.kind === "cancelled") {
      session.underWay.settle(nonce, fate.by);
      const done = found !== undefined && fate.by === found.hash ? "it was done before" : "another one used its nonce";
      throw new Failure("refused", `${label}: too late, ${done}: leasehold tx show ${fate.by ?? nonce}`);
    }
    const receipt = receiptOf(session, { label, nonce, hash: sending.hash }, fate);
    const text = `${found?.hash ?? `Nonce ${nonce}`} is cancelled, by ${receipt.hash} in block ${receipt.blockNumber}.`;
    return { data: { cancelled: found?.hash ?? null, nonce, hash: receipt.hash, block: receipt.blockNumber }, text };
  },
});
