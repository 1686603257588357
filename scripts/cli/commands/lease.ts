import { z } from "zod";

import { formatLeaseId } from "../../../sdk/ids";
import { formatDuration } from "../../../sdk/units";
import { batches } from "../actions";
import { command, type CommandGroup, done } from "../command";
import { withEffect } from "../effect";
import { findDisputes, isOpen } from "../disputes";
import { Failure } from "../failure";
import { money, plural, sections, table } from "../format";
import { leaseId } from "../inputs";
import { readOrder } from "../leases";
import { type Lease, readLeases, readSlasher } from "../reads";
import type { Session } from "../session";
import { eventArgs, execute, type Step, step } from "../steps";
import { type Around, leaseText } from "../views";
import { extend, notice, resize } from "./lease/changes";
import { lapseClaims } from "./lease/claims";
import { acceptTransfer, offerTransfer } from "./lease/transfer";

const SCAN_PAGE = 250;
const DUTIES = ["expire", "cancel as a no-show"] as const;

interface Due {
  readonly leaseId: bigint;
  readonly duty: (typeof DUTIES)[number];
  readonly dueSince: bigint;
  readonly token: string;
  readonly bounty: bigint;
}

async function readDue(session: Session): Promise<Due[]> {
  const { lens } = await session.handles();
  const found: Due[] = [];
  let from = 0n;
  do {
    const { due, next } = await lens.dueLeases(from, SCAN_PAGE);
    found.push(
      ...[...due].map(({ leaseId: id, duty, dueSince, token, bounty }) => ({
        leaseId: id,
        duty: duty === 0n ? DUTIES[0] : DUTIES[1],
        dueSince,
        token,
        bounty,
      })),
    );
    from = next;
    if (from !== 0n) session.progress(`looked at all leases before ${formatLeaseId(from)}, found ${found.length} due`);
  } while (from !== 0n);
  return found;
}

/** A lease with what is beside it; disputes are looked for where claims are open. */
async function aroundOf(session: Session, lease: Lease): Promise<readonly [Lease, Around]> {
  const [order, slasher, disputes] = await Promise.all([
    readOrder(session, lease.id),
    readSlasher(session, lease),
    lease.openClaims === 0 ? [] : findDisputes(session, { lease: lease.id }),
  ]);
  return [lease, { order, slasher, disputes: disputes.filter(isOpen) }];
}

const show = command({
  usage: "show <leases...>",
  summary: "everything about leases, such as 7-12",
  input: z.object({ leases: z.array(leaseId) }),
  async run(session, { leases: ids }) {
    const leases = await readLeases(session, ids);
    const lost = ids.filter((id) => !leases.some((lease) => lease.id === id));
    if (lost.length > 0)
      throw new Failure("refused", lost.map((id) => `lease ${formatLeaseId(id)} does not exist`).join("\n"));
    const around = await Promise.all(leases.map((lease) => aroundOf(session, lease)));
    const texts = await Promise.all(around.map(([lease, beside]) => leaseText(session, lease, beside)));
    return {
      data: around.map(([lease, { order, slasher, disputes }]) => ({
        ...lease,
        order: order ?? null,
        slasher,
        disputes,
      })),
      text: sections(...texts),
    };
  },
});

const due = command({
  usage: "due",
  summary: "leases that anyone may end now, for their bounty",
  input: z.object({}),
  async run(session) {
    const [found, now, tokens] = await Promise.all([readDue(session), session.now(), session.tokens()]);
    const rows = await Promise.all(
      found.map(async ({ leaseId: id, duty, dueSince, token, bounty }) => [
        formatLeaseId(id),
        duty,
        formatDuration(BigInt(now) - dueSince),
        money(bounty, await tokens.describe(token)),
      ]),
    );
    const text = rows.length === 0 ? "Nothing is due." : table(["lease", "to do", "due for", "bounty"], rows, [3]);
    return { data: found.map((item) => ({ ...item, lease: formatLeaseId(item.leaseId) })), text };
  },
});

const end = command({
  usage: "end [leases...]",
  summary: "expire leases whose end has come and cancel no-shows, for their bounties (none named: all that are due)",
  details: "No lease waits for a keeper: anyone may do this, and the caller gets the bounty that the lease locked.",
  input: z.object({ leases: z.array(leaseId).optional() }),
  async run(session, { leases: named = [] }) {
    const [{ market }, found] = await Promise.all([session.handles(), readDue(session)]);
    const wanted = named.length === 0 ? found : found.filter(({ leaseId: id }) => named.includes(id));
    const notDue = named.filter((id) => !found.some((item) => item.leaseId === id));
    if (notDue.length > 0) {
      throw new Failure("refused", notDue.map((id) => `lease ${formatLeaseId(id)} is not due`).join("\n"));
    }
    if (wanted.length === 0) throw new Failure("refused", "no lease is due");
    const idsOf = (duty: Due["duty"]): bigint[] =>
      wanted.filter((item) => item.duty === duty).map(({ leaseId: id }) => id);
    const steps: Promise<Step>[] = [
      ...batches(idsOf("expire")).map((ids) =>
        step(`Expire ${plural(ids.length, "lease")}`, market, market.expire, [ids]),
      ),
      ...batches(idsOf("cancel as a no-show")).map((ids) =>
        step(`Cancel ${plural(ids.length, "no-show")}`, market, market.cancelNoShows, [ids]),
      ),
    ];
    const why = "none of these leases is due any more";
    const execution = await execute(session, await withEffect(session, await Promise.all(steps), why));
    const ended = ["LeaseClosed", "LeaseCancelled"].flatMap((name) => eventArgs(execution, name));
    const data = {
      ended: ended.map((args) => ({
        lease: formatLeaseId(args["leaseId"] as bigint),
        bounty: args["bounty"] as bigint,
      })),
    };
    return done(execution, `${plural(ended.length, "lease")} ended; the bounties are in your escrow account.`, data);
  },
});

/** What is done with leases: by their tenants and providers, and by anyone. */
export const lease: CommandGroup = {
  name: "lease",
  summary: "look at leases, change them, hand them over, and end those that are due",
  commands: [show, extend, resize, notice, offerTransfer, acceptTransfer, lapseClaims, due, end],
};
