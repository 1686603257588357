import { ZeroAddress } from "ethers";
import { z } from "zod";

import { formatLeaseId } from "../../../../sdk/ids";
import { formatDuration, formatInstant } from "../../../../sdk/units";
import { batches } from "../../actions";
import { command, done } from "../../command";
import { confirm } from "../../confirm";
import { requireChange, withEffect } from "../../effect";
import { requireNotOurs } from "../../recipients";
import { Failure } from "../../failure";
import { hold, money, pairs, plural } from "../../format";
import { address, addressOrNone, leaseId } from "../../inputs";
import { readLease } from "../../leases";
import { eventsSince } from "../../logs";
import { type Lease, notShown, readClock, readLeases, readOffers, readProviderLeases } from "../../reads";
import type { Session } from "../../session";
import { eventArgs, execute, step } from "../../steps";
import { declinePenalty, declineText } from "./previews";

const PROVIDER_OPTION = ["--provider <address>", "the provider (default: yourself), for an operator's key"] as const;

/** Providers whose operator an account is now, by the events that made it one. */
async function employersOf(session: Session, operator: string): Promise<string[]> {
  const { provider, handles, startBlock } = await session.connection();
  const { liveness } = handles;
  const events = await eventsSince(liveness, liveness.filters.OperatorSet(undefined, operator), provider, startBlock);
  const employers = [...new Set(events.map(({ args }) => args.provider))].filter((employer) => employer !== operator);
  const operators = await Promise.all(employers.map((employer) => liveness.operatorOf(employer)));
  return employers.filter((_, index) => operators[index] === operator);
}

/**
 * The provider that a command is for: the one that is named, or the key's own account. Fails where the key is an operator of
 * others and its own account offers nothing: it would act for nobody, and the provider would go dark.
 */
async function providerOf(session: Session, named: string | undefined): Promise<string> {
  if (named !== undefined) return named;
  const [account, { staking, market }] = await Promise.all([session.account(), session.handles()]);
  const { free, reserved } = await staking.poolOf(await market.getAddress(), account);
  if (free + reserved > 0n) return account;
  const employers = await employersOf(session, account);
  if (employers.length === 0) return account;
  const options = employers.map((employer) => `--provider ${employer}`).join(" or ");
  throw new Failure("usage", `${account} is an operator, and no provider itself: say for whom, with ${options}`);
}

export const setOperator = command({
  usage: "set-operator <address>",
  summary: "let another key heartbeat and activate for you; it never touches money or bond (none: yourself again)",
  input: z.object({ address: addressOrNone }),
  async run(session, input) {
    const [{ liveness }, account] = await Promise.all([session.handles(), session.account()]);
    const next = input.address === ZeroAddress ? account : input.address;
    requireChange(
      (await liveness.operatorOf(account)) === next,
      `your operator is ${next === account ? "yourself" : next}`,
    );
    if (next !== account) await requireNotOurs(session, next, "send heartbeats", "your leases would go dark");
    const label = `Hand the operator's work to ${input.address === ZeroAddress ? "yourself" : input.address}`;
    const execution = await execute(session, [await step(label, liveness, liveness.setOperator, [input.address])]);
    const operator = await liveness.operatorOf(await session.account());
    return done(execution, `The operator is ${operator}.`, { operator });
  },
});

export const heartbeat = command({
  usage: "heartbeat",
  summary: "say that all your active leases are served; a false heartbeat can cost the bond",
  details:
    "Send one within every half of the grace, as `leasehold doctor` shows it, from cron or a timer: later no lease is opened or\n" +
    "grows. Dark seconds, which begin after the whole grace, are not paid.",
  options: [PROVIDER_OPTION],
  input: z.object({ provider: address.optional() }),
  async run(session, input) {
    const { liveness } = await session.handles();
    const provider = await providerOf(session, input.provider);
    const execution = await execute(session, [
      await step(`Heartbeat of ${provider}`, liveness, liveness.heartbeat, [provider]),
    ]);
    const [clock, grace] = await Promise.all([readClock(session, provider), liveness.GRACE()]);
    if (!execution.dryRun && clock.lastSeen === 0) throw notShown(`the heartbeat of ${provider}`);
    const until = clock.lastSeen + Number(grace);
    const openUntil = clock.lastSeen + Math.floor(Number(grace) / 2);
    const ended = eventArgs(execution, "OutageEnded")[0];
    const outage =
      ended === undefined
        ? ""
        : ` An outage of ${formatDuration((ended["end"] as bigint) - (ended["start"] as bigint))} ended.`;
    const text = `${provider} is live until ${formatInstant(until)}, and open for new leases until ${formatInstant(openUntil)}.${outage}`;
    return done(execution, text, { provider, liveUntil: until, openUntil });
  },
});

/** Leases that are named, or those of the provider that `due` picks. */
async function chosen(
  session: Session,
  named: readonly bigint[] | undefined,
  provider: string,
  due: (lease: Lease) => boolean,
  none: string,
): Promise<bigint[]> {
  if (named !== undefined && named.length > 0) return [...named];
  const offers = await readOffers(session, (view) => view.provider === provider);
  const leases = (await readProviderLeases(session, offers)).filter(due);
  if (leases.length === 0) throw new Failure("refused", none);
  return leases.map(({ id }) => id);
}

const MOST_NAMED = 5;

const names = (ids: readonly bigint[]): string =>
  ids.length > MOST_NAMED ? plural(ids.length, "lease") : ids.map(formatLeaseId).join(", ");

export const activate = command({
  usage: "activate [leases...]",
  summary: "start pending leases: billing begins (none named: all that are pending)",
  options: [PROVIDER_OPTION],
  input: z.object({ leases: z.array(leaseId).optional(), provider: address.optional() }),
  async run(session, input) {
    const [{ market }, now] = await Promise.all([session.handles(), session.now()]);
    const provider = input.leases?.length ? "" : await providerOf(session, input.provider);
    const pending = (lease: Lease): boolean => lease.status === "Pending" && now < lease.cutoff;
    const ids = await chosen(session, input.leases, provider, pending, `no lease of ${provider} is pending`);
    const steps = batches(ids).map((batch) => step(`Activate ${names(batch)}`, market, market.activate, [batch]));
    const why = "none of these leases is pending any more, or it is too late";
    const execution = await execute(session, await withEffect(session, await Promise.all(steps), why));
    const started = eventArgs(execution, "LeaseActivated").map(({ leaseId: id }) => id as bigint);
    const skipped = ids.filter((id) => !started.includes(id));
    const left = skipped.length === 0 ? "" : ` Not pending any more, or too late: ${names(skipped)}.`;
    const data = { activated: started.map(formatLeaseId), skipped: skipped.map(formatLeaseId) };
    return done(execution, `${plural(started.length, "lease")} started.${left}`, data);
  },
});

export const decline = command({
  usage: "decline <lease>",
  summary: "refuse a pending lease before its deadline, for a quarter of the no-show penalty; with your own key",
  details:
    "The penalty is the treasury's, and the tenant has all back at once. An operator's key cannot decline: it reaches no bond.",
  input: z.object({ lease: leaseId }),
  asks: true,
  async run(session, input) {
    const [account, { market, lens }, tokens, lease, now] = await Promise.all([
      session.account(),
      session.handles(),
      session.tokens(),
      readLease(session, input.lease),
      session.now(),
    ]);
    const name = formatLeaseId(input.lease);
    // Else the chain says why it is refused, and nobody need be asked.
    if (lease.status === "Pending" && lease.provider === account) {
      const [{ noShowBps }, { declineDivisor }, paidIn] = await Promise.all([
        market.termsOf(lease.termsVersion),
        lens.constants(),
        tokens.describe(lease.token),
      ]);
      const cost = declinePenalty(lease, noShowBps, declineDivisor);
      await confirm(session, declineText(lease, cost, paidIn, now));
    }
    const execution = await execute(session, [
      await step(`Decline lease ${name}`, market, market.decline, [input.lease]),
    ]);
    const penalty = eventArgs(execution, "LeaseCancelled")[0]?.["penalty"] as bigint | undefined;
    return done(execution, `Lease ${name} is cancelled; the penalty was ${hold(penalty ?? 0n)}.`, {
      penalty: penalty ?? null,
    });
  },
});

/** What was paid by these events, by token. */
async function sumsByToken(session: Session, events: ReturnType<typeof eventArgs>): Promise<Map<string, bigint>> {
  const leases = await readLeases(session, [...new Set(events.map((args) => args["leaseId"] as bigint))]);
  const tokens = new Map(leases.map(({ id, token }) => [id, token]));
  const sums = new Map<string, bigint>();
  for (const args of events) {
    const token = tokens.get(args["leaseId"] as bigint) ?? "";
    sums.set(token, (sums.get(token) ?? 0n) + (args["amount"] as bigint));
  }
  return sums;
}

export const collect = command({
  usage: "collect [leases...]",
  summary: "be paid what leases earned, and have collateral released (none named: all that have something)",
  details: `Anyone may collect leases by name: what they earned goes to their provider, the fee to the treasury, and where the provider
was dark for too long the service credit out of its collateral to the tenant (leasehold tenant claim, once it has matured).`,
  options: [PROVIDER_OPTION],
  input: z.object({ leases: z.array(leaseId).optional(), provider: address.optional() }),
  async run(session, input) {
    const [{ market }, now, tokens] = await Promise.all([session.handles(), session.now(), session.tokens()]);
    const provider = input.leases?.length ? "" : await providerOf(session, input.provider);
    const due = (lease: Lease): boolean =>
      (lease.status === "Active" && lease.collectable > 0n) ||
      (lease.status === "Closed" && (!lease.settled || now >= lease.releasableAt));
    const ids = await chosen(
      session,
      input.leases,
      provider,
      due,
      `nothing of ${provider} can be collected or released now`,
    );
    const steps = batches(ids).map((batch) => step(`Collect ${names(batch)}`, market, market.collect, [batch]));
    const why = "nothing of these leases is due now";
    const execution = await execute(session, await withEffect(session, await Promise.all(steps), why));
    const sums = await sumsByToken(session, eventArgs(execution, "LeaseCollected"));
    const paid = await Promise.all(
      [...sums].map(async ([paidIn, sum]) => ({ ...(await tokens.describe(paidIn)), sum })),
    );
    const [released = 0n, credited = 0n] = ["CollateralReleased", "ServiceCredited"].map((event) =>
      eventArgs(execution, event).reduce((sum, args) => sum + (args["amount"] as bigint), 0n),
    );
    const rows = paid.map(({ sum, ...paidIn }): [string, string] => ["paid, in escrow", money(sum, paidIn)]);
    const text =
      pairs([
        ...rows,
        ["service credit", credited === 0n ? "" : `${hold(credited)} of the collateral, for darkness`],
        ["collateral back", released === 0n ? "" : hold(released)],
      ]) || "Nothing was due.";
    const data = {
      paid: paid.map(({ address: at, sum }) => ({ token: at, amount: sum })),
      collateralReleased: released,
      serviceCredit: credited,
    };
    return done(execution, text, data);
  },
});
