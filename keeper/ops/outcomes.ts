import { formatEther } from "ethers";

import type { Settled } from "../chain/queueApi";
import { sizeOf } from "../core/batches";
import { keysOf } from "../core/duties";
import type { Head } from "../core/events";
import type { GasLearnt } from "./gasLearnt";
import { judge } from "./judge";
import type { Hands } from "./means";

/**
 * Notes what became of a transaction: what it did and earned, what it cost, and what of it is still due.
 * @param dueKeys of all duties that are due at block `head`.
 */
export async function noteOutcome(
  settled: Settled,
  head: Head,
  dueKeys: ReadonlySet<string>,
  gas: Pick<GasLearnt, "measured">,
  { log, meter, work, backoff }: Pick<Hands, "log" | "meter" | "work" | "backoff">,
): Promise<void> {
  if (settled.type === "foreign") {
    const { nonce, attempts } = settled.slot;
    meter.settled("foreign", 0n);
    log.warn({ nonce, hashes: attempts.map(({ hash }) => hash) }, "foreign: somebody else used the nonce");
    return;
  }
  const { attempt, receipt, done, earned } = settled;
  const feePaid = receipt.feePaid ?? 0n;
  const judgement = await judge(settled, { due: dueKeys, now: head.timestamp, backoff, log });
  meter.settled(judgement?.outcome ?? "filled", feePaid);
  if (judgement?.cause !== undefined) meter.vain(judgement.cause, receipt.gasUsed, feePaid);
  for (const [token, amount] of Object.entries(earned)) meter.earned(token, BigInt(amount));
  const block = { number: receipt.blockNumber, timestamp: head.timestamp };
  const doneKeys = new Set(done.map(({ key }) => key));
  const didNow = attempt.duties.filter(({ key }) => doneKeys.has(key));
  if (attempt.kind !== "fill") for (const { dueAt } of didNow) meter.did(attempt.kind, dueAt, block);
  if (attempt.kind !== "fill" && didNow.length === attempt.duties.length) {
    gas.measured(attempt.kind, sizeOf(didNow), receipt.gasUsed);
  }
  const missed = attempt.duties.filter(({ key }) => !doneKeys.has(key) && dueKeys.has(key));
  const over = attempt.duties.filter(({ key }) => !missed.some((other) => other.key === key));
  await work.done(keysOf(over));
  for (const key of judgement?.failed ?? []) await work.fail(key, head.timestamp);

  const facts = {
    hash: receipt.hash,
    nonce: attempt.nonce,
    block: receipt.blockNumber,
    gasUsed: receipt.gasUsed.toString(),
    feePaid: formatEther(feePaid),
    duties: didNow.map(({ key }) => key),
  };
  if (receipt.reverted) log.error(facts, `${attempt.kind}: reverted although simulated`);
  else if (judgement?.outcome === "empty") log.warn({ ...facts, cause: judgement.cause }, "mined, and did nothing");
  else {
    const lateBy = head.timestamp - Math.min(head.timestamp, ...didNow.map(({ dueAt }) => dueAt));
    log.info({ ...facts, lateBy, earned }, "mined");
  }
  if (missed.length > 0) log.warn({ hash: receipt.hash, duties: keysOf(missed) }, "mined, but these are still due");
}
