import { type BaseContract, Interface, Transaction, type TransactionReceipt } from "ethers";

import { formatInstant } from "../../../sdk/units";
import { ERC20Permit__factory } from "../../../typechain-types";
import { Failure } from "../failure";
import { executionData, executionText } from "../executionReports";
import type { Report } from "../format";
import type { Session } from "../session";
import { eventsOf, type Step } from "../steps";
import { broadcast } from "./broadcast";
import { type Entry, isFollowed, thisProcess } from "./journal";
import { receiptOf } from "./send";
import { type Fate, Tracker } from "./track";

/** Seconds after which the same command is a new wish, and no repeat of one whose outcome nobody was told. */
const REPEAT_SECONDS = 86_400;
/** Calls that are meant to be repeated, and cost nothing but gas if they are. */
const REPEATED: ReadonlySet<string> = new Set(["heartbeat"]);

/**
 * Where this very command was run before, and nobody was told what became of a transaction of it: waits for that one. If it
 * was the last of its command, the command is done by it, and nothing is sent again. Undefined where there is something left
 * to do.
 */
export async function resume(session: Session): Promise<Report | undefined> {
  const { config } = session;
  // What `tx` sends is about transactions, whose state it looks at each time.
  if (config.dryRun || config.safeBatch !== undefined || session.command.startsWith("tx ")) return undefined;
  const same = session.journal.all().filter((entry) => entry.command === session.command && !isFollowed(entry));
  if (same.length === 0) return undefined;
  const [{ chainId }, account] = await Promise.all([session.connection(), session.account()]);
  const left = same.filter((entry) => entry.chainId === chainId && entry.account === account);
  const nonces = [...new Set(left.map(({ nonce }) => nonce))];
  let report: Report | undefined;
  for (const nonce of nonces) {
    report = await resumeNonce(
      session,
      left.filter((entry) => entry.nonce === nonce),
    );
  }
  return report;
}

async function resumeNonce(session: Session, entries: readonly Entry[]): Promise<Report | undefined> {
  const newest = entries.at(-1);
  if (newest === undefined) return undefined;
  const { label, nonce, hash, account, raw } = newest;
  const provider = await session.provider();
  for (const entry of entries) {
    session.journal.write({ ...entry, follower: thisProcess() });
    session.underWay.adopt(entry);
  }
  const at = formatInstant(Math.floor(newest.signedAt / 1_000));
  session.tell(`${label}: sent before, at ${at}, as ${hash}: looking for that one instead of sending it again`);
  const mined = await Promise.all(entries.map((entry) => provider.getTransactionReceipt(entry.hash)));
  const wasMined = mined.some((receipt) => receipt !== null);
  if (!wasMined && (await provider.getTransactionCount(account, "latest")) <= nonce)
    await broadcast(provider, raw, hash);
  const call = Transaction.from(raw);
  const release = session.holdStops();
  let fate: Fate;
  try {
    const isSame = (other: { to: string | null; data: string; value: bigint }): boolean =>
      other.to === call.to && other.data === call.data && other.value === call.value;
    fate = await new Tracker(session, { account, nonce, attempts: entries, isSame }).follow();
  } finally {
    release();
  }
  if (fate.kind === "cancelled") {
    session.underWay.settle(nonce, fate.by);
    session.tell(`${hash} was cancelled by ${fate.by ?? "another transaction"}: going on as if it had not been sent`);
    return undefined;
  }
  const receipt = receiptOf(session, newest, fate);
  const step = await stepOf(session, call, label);
  if (receipt.status === 0) {
    session.tell(`${receipt.hash} was refused in block ${receipt.blockNumber}: going on as if it had not been sent`);
    return undefined;
  }
  const isOld = session.clock() / 1_000 - newest.signedAt / 1_000 > REPEAT_SECONDS;
  if (!newest.last || (wasMined && (isOld || REPEATED.has(step.fragment.name)))) return undefined;
  return reportOf(session, step, receipt);
}

/** The step that a transaction carries out. */
async function stepOf(session: Session, call: Transaction, label: string): Promise<Step> {
  const contracts: BaseContract[] = Object.values(await session.handles());
  const known = await Promise.all(
    contracts.map(async (contract) => [await contract.getAddress(), contract.interface] as const),
  );
  const abi = known.find(([address]) => address === call.to)?.[1] ?? new Interface(ERC20Permit__factory.abi);
  const parsed = abi.parseTransaction({ data: call.data });
  if (parsed === null || call.to === null) {
    throw new Failure("fault", `this is a fault of the program: ${call.data.slice(0, 10)} is no call of the protocol`);
  }
  return { label, to: call.to, data: call.data, interface: abi, fragment: parsed.fragment, args: [...parsed.args] };
}

async function reportOf(session: Session, step: Step, receipt: TransactionReceipt): Promise<Report> {
  const outcome = { step, gas: receipt.gasUsed, receipt, events: await eventsOf(session, receipt) };
  const execution = { dryRun: false, outcomes: [outcome] };
  const words =
    "An earlier run of this command sent it, and nothing was sent now. To do it once more, run the command again.";
  return { data: { ...executionData(execution), earlier: true }, text: `${executionText(execution)}\n\n${words}` };
}
