import { z } from "zod";

import { formatLeaseId, splitLeaseId } from "../../../sdk/ids";
import { END_REASONS, type EndReason } from "../../../sdk/market";
import { decimalText, formatDuration, formatInstant, parseAmount } from "../../../sdk/units";
import { command, type CommandGroup, done } from "../command";
import { confirm } from "../confirm";
import { requireChange, someAmount } from "../effect";
import { hold, money, pairs, plural, sections, table } from "../format";
import { depositSteps } from "../funding";
import { address, amount, leaseId, parsed, token, TOKEN_OPTION } from "../inputs";
import { readLease } from "../leases";
import { readLeases, readTenantLeases } from "../reads";
import { requireNotOurs } from "../recipients";
import type { Session } from "../session";
import { eventArgs, execute, step } from "../steps";
import { leasesTable } from "../views";
import { claim, fundsTable, readPenalties, UNLIMITED, withdraw } from "./money";
import { findOffers, open, quote } from "./tenant/order";

const deposit = command({
  usage: "deposit <amount>",
  summary: "put money into your escrow account: one deposit pays for any number of leases",
  details: "Where the token takes permits (ERC-2612) this is one transaction, else an approval comes before it.",
  options: [TOKEN_OPTION, ["--for <account>", "credit another account: it is that account's from now on"]],
  input: z.object({ amount, token: token.optional(), for: address.optional() }),
  async run(session, input) {
    const [account, tokens, { escrow }] = await Promise.all([session.account(), session.tokens(), session.handles()]);
    const paidIn = await tokens.resolve(input.token);
    const sum = someAmount(input.amount, paidIn.decimals);
    const beneficiary = input.for ?? account;
    await requireNotOurs(session, beneficiary, "have money in escrow");
    const label = `Deposit ${money(sum, paidIn)}${input.for === undefined ? "" : ` for ${input.for}`}`;
    const execution = await execute(session, await depositSteps(session, paidIn, beneficiary, sum, label));
    const credited = eventArgs(execution, "Deposited")[0]?.["amount"] as bigint | undefined;
    const free = await escrow.freeOf(paidIn.address, beneficiary);
    const text = `${money(credited ?? 0n, paidIn)} arrived; ${money(free, paidIn)} are free in escrow.`;
    return done(execution, text, { token: paidIn.address, credited: credited ?? null, free });
  },
});

const approve = command({
  usage: "approve <amount>",
  summary: "let the market lock so much of your escrow account for leases (an amount in all, or unlimited)",
  details: `The approval is a ceiling on what is locked at the same time, and payouts use it up: after leases were billed 10.00
under a ceiling of 100.00, 90.00 may be locked. Zero stops new leases, and never ends one. An unlimited one does not move.`,
  options: [TOKEN_OPTION, ["--more", "raise what is allowed now by the amount, instead of setting it"]],
  input: z.object({
    amount: parsed((text) => (text === "unlimited" ? text : decimalText(text))),
    token: token.optional(),
    more: z.boolean().default(false),
  }),
  async run(session, input) {
    const [account, tokens, { escrow, market, lens }] = await Promise.all([
      session.account(),
      session.tokens(),
      session.handles(),
      session.requireTrusted(),
    ]);
    const paidIn = await tokens.resolve(input.token);
    const { ceiling: before, locked } = await lens.fundsOf(paidIn.address, account);
    // What is locked above the ceiling is no room: "more" counts from what is usable.
    const base = input.more ? (before > locked ? before : locked) : 0n;
    const asked = input.amount === "unlimited" ? UNLIMITED : base + parseAmount(input.amount, paidIn.decimals);
    const ceiling = asked > UNLIMITED ? UNLIMITED : asked;
    const text = ceiling === UNLIMITED ? "any amount" : money(ceiling, paidIn);
    const { nonce } = await escrow.moduleAccount(await market.getAddress(), paidIn.address, account);
    // The first approval counts even for nothing: it is what taking a lease over asks for.
    requireChange(ceiling === before && nonce > 0n, `the market may lock ${text} in all`);
    const execution = await execute(session, [
      await step(
        `Let the market lock ${text} in all`,
        escrow,
        escrow.approveModule,
        [paidIn.address, await market.getAddress(), ceiling],
        paidIn.address,
      ),
    ]);
    const room = ceiling > locked ? ceiling - locked : 0n;
    const left = ceiling === UNLIMITED ? "without limit" : `up to ${money(room, paidIn)} more`;
    return done(execution, `The market holds ${money(locked, paidIn)} of yours, and may lock ${left}.`, {
      ceiling,
      locked,
    });
  },
});

/** Ends a lease of the tenant's own by one call, and finds the event that tells what came of it. */
async function end(session: Session, lease: bigint, verb: "Close" | "Cancel") {
  const [{ market, lens }, tokens] = await Promise.all([session.handles(), session.tokens()]);
  const { token } = await lens.leaseView(lease);
  const name = formatLeaseId(lease);
  const [method, event] = verb === "Close" ? [market.close, "LeaseClosed"] : [market.cancel, "LeaseCancelled"];
  const execution = await execute(session, [await step(`${verb} lease ${name}`, market, method, [lease], token)]);
  return { execution, name, paidIn: await tokens.describe(token), ended: eventArgs(execution, event)[0] };
}

/** Why a lease that was closed early bills no minimum duration. */
const WITHOUT_MINIMUM: Partial<Record<EndReason, string>> = {
  ClosedDark: "Its provider was dark for too long, so that no minimum is billed.",
  ClosedAfterFault: "A claim on it was upheld, so that no minimum is billed.",
};

/** Shows what closing a lease ends and bills, and asks. */
async function confirmClose(session: Session, id: bigint): Promise<void> {
  const [account, { lens }, tokens, lease] = await Promise.all([
    session.account(),
    session.handles(),
    session.tokens(),
    readLease(session, id),
  ]);
  // Else the chain says why it is refused, and nobody need be asked.
  if (lease.status !== "Active" || lease.tenant !== account) return;
  const [paidIn, [offer]] = await Promise.all([
    tokens.describe(lease.token),
    lens.offerViews(splitLeaseId(id).offer, 1),
  ]);
  const preview = pairs([
    ["lease", `${lease.name}, ${lease.status.toLowerCase()}, ${plural(lease.units, "unit")}`],
    ["would run", lease.remaining === 0 ? "no longer" : `${formatDuration(lease.remaining)} more`],
    ["earned by now", money(lease.earned, paidIn)],
    ["locked", `${money(lease.locked, paidIn)}; what is not billed is free again at once`],
    ["billed at least", formatDuration(offer?.minDuration ?? 0n)],
  ]);
  await confirm(session, preview, "A lease that was closed does not go on.");
}

const close = command({
  usage: "close <lease>",
  summary: "end an active lease now: the live seconds are billed, the rest is free again at once",
  input: z.object({ lease: leaseId }),
  asks: true,
  async run(session, input) {
    await confirmClose(session, input.lease);
    const { execution, name, paidIn, ended } = await end(session, input.lease, "Close");
    if (ended === undefined) return done(execution, "");
    const [refund, billed] = [ended["refund"] as bigint, ended["billedSeconds"] as bigint];
    const reason = END_REASONS[Number(ended["reason"])] ?? "None";
    const [lease] = await readLeases(session, [input.lease]);
    const creditDue = lease?.creditDue ?? 0n;
    const rate = lease !== undefined && lease.anchor > lease.startedAt ? " at its last rate" : "";
    const text = [
      `Lease ${name} ended: ${formatDuration(billed)} are billed${rate}, ${money(refund, paidIn)} are free again.`,
      WITHOUT_MINIMUM[reason] ?? "",
      creditDue === 0n
        ? ""
        : `${hold(creditDue)} of its collateral are due as service credit: leasehold provider collect ${name} takes it, for anyone.`,
    ];
    return done(execution, text.filter(Boolean).join(" "), { refund, billedSeconds: billed, reason, creditDue });
  },
});

const cancel = command({
  usage: "cancel <lease>",
  summary: "cancel a pending lease that was not activated in time, and get all back",
  input: z.object({ lease: leaseId }),
  async run(session, input) {
    const { execution, name, paidIn, ended } = await end(session, input.lease, "Cancel");
    if (ended === undefined) return done(execution, "");
    const [refund, bounty, penalty] = [ended["refund"], ended["bounty"], ended["penalty"]] as bigint[];
    const back = (refund ?? 0n) + (bounty ?? 0n);
    const due = penalty === 0n ? "" : ` The provider's penalty, ${hold(penalty ?? 0n)}, is the treasury's.`;
    const text = `Lease ${name} is cancelled, ${money(back, paidIn)} are free again.${due}`;
    return done(execution, text, { refund, bounty, penalty });
  },
});

const show = command({
  usage: "show [tenant]",
  summary: "money, leases and claims of a tenant (default: yours)",
  options: [["--all", "ended leases, too"]],
  input: z.object({ tenant: address.optional(), all: z.boolean().default(false) }),
  async run(session, input) {
    const tenant = input.tenant ?? (await session.account());
    const [funds, leases, penalties] = await Promise.all([
      fundsTable(session, tenant),
      readTenantLeases(session, tenant),
      readPenalties(session, tenant),
    ]);
    const open = leases.filter(({ status }) => input.all || status === "Pending" || status === "Active");
    const claims = penalties.map(({ id, amount: sum, maturesAt }) => [String(id), hold(sum), formatInstant(maturesAt)]);
    const text = sections(
      pairs([["tenant", tenant]]),
      funds.text,
      open.length === 0 ? "No open leases." : await leasesTable(session, open),
      claims.length === 0 ? "" : table(["penalty", "your part", "from"], claims, [0, 1]),
    );
    return { data: { tenant, funds: funds.data, leases, penalties }, text };
  },
});

/** Everything a tenant does. */
export const tenant: CommandGroup = {
  name: "tenant",
  summary: "lease compute: money, offers, leases",
  commands: [deposit, approve, withdraw, findOffers, quote, open, close, cancel, claim, show],
};
