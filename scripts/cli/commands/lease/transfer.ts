import { ZeroAddress } from "ethers";
import { z } from "zod";

import { formatInstant, parseAmount } from "../../../../sdk/units";
import { command, done } from "../../command";
import { requireChange } from "../../effect";
import { toFailure } from "../../failure";
import { requireNotOurs } from "../../recipients";
import { money, pairs, price as priceText } from "../../format";
import { addressOrNone, amount, leaseId } from "../../inputs";
import { costFromAnchor, readLease } from "../../leases";
import type { Lease } from "../../reads";
import type { Session } from "../../session";
import { eventArgs, execute, type Step, step } from "../../steps";

/** Seconds that an acceptance may take to be mined, unless `--min-locked` is told. */
const WAIT = 3_600;

export const offerTransfer = command({
  usage: "offer-transfer <lease> <recipient>",
  summary: "offer your running lease to another account, who accepts it (none: to nobody any more)",
  details: "With the lease go the money that is locked for it and all its refunds; its standing order is void.",
  input: z.object({ lease: leaseId, recipient: addressOrNone }),
  async run(session, { lease: id, recipient }) {
    const [account, { market }, lease] = await Promise.all([
      session.account(),
      session.handles(),
      readLease(session, id),
    ]);
    const none = recipient === ZeroAddress;
    const offered = none ? "nobody" : recipient;
    const isTenant = lease.tenant === account;
    requireChange(isTenant && lease.recipient === recipient, `lease ${lease.name} is offered to ${offered}`);
    requireChange(isTenant && recipient === account, `lease ${lease.name} is ${recipient}'s`);
    if (!none) await requireNotOurs(session, recipient, "take a lease over", "nobody could accept it");
    const label = none ? `Take back the offer of lease ${lease.name}` : `Offer lease ${lease.name} to ${recipient}`;
    const execution = await execute(session, [
      await step(label, market, market.offerTransfer, [id, recipient], lease.token),
    ]);
    const text = none
      ? `Lease ${lease.name} is offered to nobody.`
      : `${recipient} may take lease ${lease.name} over: leasehold lease accept-transfer ${lease.name}`;
    return done(execution, text, { lease: lease.name, recipient: none ? null : recipient });
  },
});

/**
 * The account's approval of the market with the escrow, where it never gave one and nothing else stops the transfer: without
 * one nobody else's money joins a lock of it. The approval allows no more than the account allows already.
 */
async function approvalFirst(session: Session, lease: Lease, minLocked: bigint): Promise<Step[]> {
  const [account, { market, escrow }] = await Promise.all([
    session.account(),
    session.handles(),
    session.requireTrusted(),
  ]);
  const module = await market.getAddress();
  const { nonce, ceiling } = await escrow.moduleAccount(module, lease.token, account);
  if (nonce !== 0n) return [];
  const refused = await market.acceptTransfer.staticCall(lease.id, minLocked, { from: account }).then(
    () => undefined,
    (error: unknown) => toFailure(error, session.lexicon(lease.token)),
  );
  if (refused?.revert?.name !== "EscrowModuleNotApproved") return [];
  const label = "Approve the market with the escrow, as whoever takes a lease over does once";
  return [await step(label, escrow, escrow.approveModule, [lease.token, module, ceiling], lease.token)];
}

/** What pays for a lease from `WAIT` seconds after `now` on, and its bounty: collecting takes nothing of it until then. */
function lockedAt(lease: Lease, now: number): bigint {
  const from = Math.min(lease.end, now + WAIT);
  return costFromAnchor(lease, lease.end) - costFromAnchor(lease, from) + lease.bounty;
}

export const acceptTransfer = command({
  usage: "accept-transfer <lease>",
  summary: "take over a running lease that was offered to you, with what is locked for it and all its refunds",
  details: `Until you have the lease, its provider may collect what it earned, and its tenant may shrink it and take money out of it.
Nothing is taken over where less is locked by then than --min-locked says. Unless told, that is what pays for the time from
an hour from now on, and the bounty. Where you never approved the market with the escrow, that is done first, for an amount
of zero: it lets the market lock no money of yours.`,
  options: [
    ["--min-locked <amount>", "least that must be locked for it (default: what pays for all but the next hour)"],
  ],
  input: z.object({ lease: leaseId, minLocked: amount.optional() }),
  async run(session, { lease: id, minLocked: typed }) {
    const [account, { market }, tokens, lease] = await Promise.all([
      session.account(),
      session.handles(),
      session.tokens(),
      readLease(session, id),
    ]);
    const paidIn = await tokens.describe(lease.token);
    const minLocked = typed === undefined ? lockedAt(lease, await session.now()) : parseAmount(typed, paidIn.decimals);
    const approval = await approvalFirst(session, lease, minLocked);
    const told = pairs([
      ["locked for it", `${money(lease.locked, paidIn)} now, ${money(minLocked, paidIn)} at least`],
      ["units", `${lease.units} at ${priceText(lease.rateX32, paidIn)} in all`],
      ["ends", formatInstant(lease.end)],
      [
        "approval",
        approval.length === 0 ? "" : `first, of the market, for ${money(0n, paidIn)} of yours: you have none`,
      ],
    ]);
    if (lease.recipient === account) session.tell(`${told}\n`);
    const execution = await execute(session, [
      ...approval,
      await step(`Take over lease ${lease.name}`, market, market.acceptTransfer, [id, minLocked], lease.token),
    ]);
    const moved = eventArgs(execution, "LeaseTransferred")[0];
    if (moved === undefined) return done(execution, "", { lease: lease.name, minLocked });
    const [from, locked] = [String(moved["from"]), moved["locked"] as bigint];
    const text = pairs([
      ["lease", `${lease.name}, yours now`],
      ["from", from],
      ["locked for it", money(locked, paidIn)],
      ["standing order", "none: leasehold order set, if it is to go on by itself"],
    ]);
    return done(execution, text, { lease: lease.name, from, locked, minLocked });
  },
});
