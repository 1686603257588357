import { isHexString, keccak256, ZeroAddress, ZeroHash } from "ethers";
import { z } from "zod";

import { FAULT_CLASS_WORDS, FAULT_CLASSES, type FaultClass, MOST_FAULT_AGE } from "../../../../sdk/disputes";
import { disputeIdOf, formatDisputeId } from "../../../../sdk/ids";
import { formatDuration, formatInstant, MILLIONTH } from "../../../../sdk/units";
import { command, done } from "../../command";
import { confirm } from "../../confirm";
import {
  disputableUntil,
  type Dispute,
  findDisputes,
  fractionText,
  isOpen,
  penaltyIfUpheld,
  readDispute,
  readDisputes,
} from "../../disputes";
import { FAULT_NAMES, movesText, stateText, turnText } from "../../disputeWords";
import { Failure, toFailure } from "../../failure";
import { readSome } from "../../files";
import { hold, money, pairs } from "../../format";
import { type Instant, instant, leaseId, someText } from "../../inputs";
import { readLease } from "../../leases";
import { type Lease, readSlasher } from "../../reads";
import type { Session } from "../../session";
import { eventArgs, execute, step } from "../../steps";
import { takeHold } from "./hold";

/** What a claim says. */
interface Claim {
  readonly faultClass: FaultClass;
  readonly since: number;
  readonly evidence: string;
}

/** What a claim would cost, hold and win, if it were filed now. */
interface Forecast {
  readonly byTenant: boolean;
  readonly bond: bigint;
  readonly fee: bigint;
  readonly held: bigint;
  readonly fractionBps: number;
  readonly collateral: bigint;
  readonly penalty: bigint;
  /** The claimant's part of the penalty. */
  readonly part: bigint;
}

/** The hash that is given, or that of the file's bytes. */
function evidenceOf(named: string): { hash: string; file?: string } {
  const next = "name a file, or write its keccak256 as 0x and 64 hexadecimal digits";
  if (!isHexString(named, 32)) return { hash: keccak256(readSome(named, "evidence", next)), file: named };
  if ([ZeroHash, keccak256("0x")].includes(named.toLowerCase())) {
    throw new Failure("usage", `${named} is the hash of nothing: ${next}`);
  }
  return { hash: named };
}

/** The second that is meant; fails for one that no claim on the lease can name. */
function sinceOf(since: Instant, lease: Lease, now: number): number {
  const second = "at" in since ? since.at : now - since.ago;
  const least = Math.max(lease.startedAt, now - MOST_FAULT_AGE);
  const began = `a fault that began at ${formatInstant(second)} cannot be claimed on lease ${lease.name} now`;
  if (second >= now) throw new Failure("refused", `${began}: it is ${formatInstant(now)}, say when it began`);
  if (second < lease.startedAt) {
    throw new Failure(
      "refused",
      `${began}: the lease began at ${formatInstant(lease.startedAt)}; say --since ${least}`,
    );
  }
  if (second < least) {
    const hint = `say --since ${formatDuration(MOST_FAULT_AGE - 3_600).replaceAll(" ", "")} if it lasted until then`;
    throw new Failure("refused", `${began}: it is possible for 7 days after it began; ${hint}`);
  }
  if (second >= lease.end) throw new Failure("refused", `${began}: the lease ended at ${formatInstant(lease.end)}`);
  return second;
}

/** Fails unless the lease can be disputed by this account, as far as it is known beforehand. */
async function requireDisputable(session: Session, lease: Lease, account: string, now: number): Promise<void> {
  const { disputes } = await session.handles();
  const [slasher, [earlier], module] = await Promise.all([
    readSlasher(session, lease),
    readDisputes(session, [disputeIdOf(lease.id, account)]),
    disputes.getAddress(),
  ]);
  if (slasher !== module) {
    const accepted = slasher === ZeroAddress ? "accepted no slashing module" : `accepted slashing module ${slasher}`;
    const hint = "choose offers whose leases can be disputed, see leasehold offers";
    throw new Failure("refused", `lease ${lease.name} cannot be disputed here: its offer ${accepted}; ${hint}`);
  }
  if (lease.status !== "Active" && lease.status !== "Closed") {
    const why = lease.status === "Pending" ? "has not started" : `is ${lease.status.toLowerCase()}`;
    throw new Failure("refused", `lease ${lease.name} ${why}: a running lease can be disputed, or one that just ended`);
  }
  const until = disputableUntil(lease);
  if (now >= until) throw new Failure("refused", `lease ${lease.name} could be disputed until ${formatInstant(until)}`);
  if (earlier !== undefined && isOpen(earlier)) {
    const state = `${stateText(earlier, now)}\nwhat can be done: ${movesText(earlier)}`;
    throw new Failure("refused", `you have a claim on lease ${lease.name} already, ${earlier.name}: ${state}`);
  }
}

/** Asks the market what a claim would hold, as the contract of disputes would, and works out the rest. */
async function forecast(session: Session, lease: Lease, claim: Claim, account: string): Promise<Forecast> {
  const { market, disputes, staking } = await session.handles();
  const rules = await disputes.rulesOf(await disputes.currentRules());
  const from = await disputes.getAddress();
  const accused = await market.openClaim
    .staticCall(lease.id, account, claim.since, { from })
    .catch((error: unknown) => Promise.reject(toFailure(error, session.lexicon(lease.token))));
  const collateral = accused.collateral * MILLIONTH;
  const byTenant = accused.tenant === account;
  const fractionBps = Number(
    [rules.unservedBps, rules.shortOfTermsBps, rules.dataLostBps, rules.dataExposedBps][
      FAULT_CLASSES.indexOf(claim.faultClass)
    ],
  );
  const penalty = penaltyIfUpheld(lease, { faultStart: claim.since, fractionBps, collateral });
  // A penalty of a lease has a treasury; whose it is does not change the parts.
  const splitOf = (amount: bigint) =>
    staking.splitOf(amount, accused.tenant, byTenant ? ZeroAddress : account, rules.treasury);
  const [bond, split] = await Promise.all([disputes.bondFor(collateral), splitOf(penalty)]);
  const part = byTenant ? split.tenantAmount : split.challengerAmount;
  const fee = rules.filingFee * MILLIONTH;
  return { byTenant, bond, fee, held: accused.held, fractionBps, collateral, penalty, part };
}

/** What speaks against a claim: that it takes nothing, or that others take the same. */
function warningsOf(lease: Lease, costs: Forecast, others: readonly Dispute[], since: number): string[] {
  const names = others.map(({ name }) => name).join(", ");
  const overlapping = `${names}: open on this lease, too; where faults overlap, what one claim takes is taken off the others`;
  const nothing =
    since < lease.coveredUntil
      ? "a claim on the same time was upheld, and took as much or more"
      : "no collateral that the fault costs is left";
  return [
    costs.penalty === 0n ? `the penalty would be nothing, as things are: ${nothing}` : "",
    others.length === 0 ? "" : overlapping,
  ].filter((warning) => warning !== "");
}

export const raise = command({
  usage: "raise <lease>",
  summary: "claim a fault of a lease's provider, for a bond and a fee: as its tenant, or as anyone else",
  details: `Example: leasehold dispute raise 7-12 --class unserved --since 2h --evidence probes.tar.gz

A tenant's claim holds back what the lease earned since the fault began and its provider has not collected; a challenger's
reaches the collateral alone. The hash of the evidence goes on the chain, the evidence itself does not: keep the file, and hand
it to the council and to the other side. A fault can be claimed for 7 days after it began.`,
  options: [
    ["--class <fault>", `what happened: ${Object.values(FAULT_NAMES).join(", ")}`],
    ["--since <time>", "when it began: so long ago, as 2h, or in UTC, as 2026-11-21T03:00"],
    ["--evidence <file|hash>", "what proves it: a file, or its keccak256"],
  ],
  input: z.object({
    lease: leaseId,
    class: z.enum(Object.values(FAULT_NAMES), `write one of ${Object.values(FAULT_NAMES).join(", ")}`),
    since: instant,
    evidence: someText,
  }),
  asks: true,
  async run(session, input) {
    const { hash: evidence, file } = evidenceOf(input.evidence);
    const [account, { disputes }, tokens, lease, now] = await Promise.all([
      session.account(),
      session.handles(),
      session.tokens(),
      readLease(session, input.lease),
      session.now(),
    ]);
    await requireDisputable(session, lease, account, now);
    const faultClass = FAULT_CLASSES.find((name) => FAULT_NAMES[name] === input.class) ?? "Unserved";
    const since = sinceOf(input.since, lease, now);
    const paidIn = await tokens.describe(lease.token);
    const costs = await forecast(session, lease, { faultClass, since, evidence }, account);
    const { bond, fee, held, penalty, part, byTenant } = costs;
    const warnings = warningsOf(lease, costs, (await findDisputes(session, { lease: lease.id })).filter(isOpen), since);
    const back = held === 0n ? "" : `, and ${money(held, paidIn)} of earnings`;
    await confirm(
      session,
      `${pairs([
        ["claims", `${FAULT_CLASS_WORDS[faultClass]}, since ${formatInstant(since)}`],
        ["as", byTenant ? "the tenant" : `a challenger; the tenant is ${lease.tenant}`],
        ["claim bond", `${hold(bond)}, which you get back unless the claim is rejected`],
        ["filing fee", `${hold(fee)}, which nobody gives back`],
        [
          "holds back",
          byTenant ? `${money(held, paidIn)} of the provider's earnings, by now` : "nothing: you are not its tenant",
        ],
        ["if upheld", `your bond returns, with the provider's counter-bond if it posts one${back}`],
        [
          "penalty then",
          `${hold(penalty)}, ${fractionText(costs, penalty)}; ${hold(part)} of it are yours: leasehold tenant claim`,
        ],
        ["if rejected", `your bond is the provider's${held === 0n ? "" : ", and its earnings go on to it"}`],
        ["evidence", `${evidence}${file === undefined ? "" : `, keccak256 of ${file}`}`],
        ...warnings.map((warning): [string, string] => ["warning", warning]),
      ])}\n\nKeep the evidence as it is, to the byte, and hand it to the council: only its hash goes on the chain.`,
      "The filing fee does not return.",
    );
    const steps = await takeHold(session, bond + fee, "claim bond and filing fee");
    const label = `Claim on lease ${lease.name}: ${input.class}`;
    const execution = await execute(session, [
      ...steps,
      await step(
        label,
        disputes,
        disputes.file,
        [lease.id, lease.tenant, FAULT_CLASSES.indexOf(faultClass), since, evidence],
        lease.token,
      ),
    ]);
    const forecastData = { ...costs, warnings, faultClass, faultStart: since, evidence };
    const filed = eventArgs(execution, "DisputeFiled")[0];
    if (filed === undefined) return done(execution, "", { dispute: null, ...forecastData });
    const made = await readDispute(session, filed["disputeId"] as bigint);
    const text = pairs([
      ["dispute", made.name],
      ["next", turnText(made, made.filedAt)],
      ["over", `by ${formatInstant(made.endsAt)} at the latest, whoever goes silent`],
      ["bond and fee", `${hold(made.bond)} and ${hold(made.filingFee)}`],
      ["held back", made.held === 0n ? "" : money(made.held, paidIn)],
      ["evidence", `${evidence}: keep it, and hand it to the council`],
    ]);
    return done(execution, text, {
      ...forecastData,
      dispute: formatDisputeId(made.id),
      disputeId: made.id,
      held: made.held,
      deadline: made.deadline,
      endsAt: made.endsAt,
    });
  },
});
