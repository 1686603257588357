import { z } from "zod";

import { CLAIM_LIFE } from "../../../../sdk/disputes";
import { formatInstant } from "../../../../sdk/units";
import { command, done } from "../../command";
import { Failure } from "../../failure";
import { money, plural } from "../../format";
import { address, leaseId } from "../../inputs";
import { readLease } from "../../leases";
import { eventsSince } from "../../logs";
import type { Session } from "../../session";
import { eventArgs, execute, step } from "../../steps";

/** A claim that its slashing module has not ended. */
interface OpenClaim {
  readonly claimant: string;
  readonly lapsesAt: number;
}

/** Open claims on a lease, found by their events, in the order in which their claimants filed first. */
async function openClaimsOn(session: Session, lease: bigint): Promise<OpenClaim[]> {
  const { provider, handles, startBlock } = await session.connection();
  const { market } = handles;
  const filed = await eventsSince(market, market.filters.ClaimOpened(lease), provider, startBlock);
  const claimants = [...new Set(filed.map(({ args }) => args.claimant))];
  const claims = await Promise.all(claimants.map((claimant) => market.claimOf(lease, claimant)));
  return claimants.flatMap((claimant, index) => {
    const filedAt = Number(claims[index]?.filedAt ?? 0n);
    return filedAt === 0 ? [] : [{ claimant, lapsesAt: filedAt + CLAIM_LIFE }];
  });
}

export const lapseClaims = command({
  usage: "lapse-claims <lease> [claimants...]",
  summary: "end claims that their slashing module left open for 60 days, as not upheld; anyone may (none named: all)",
  details:
    "What such a claim held goes on to the provider, less the fee. Claims at this deployment's disputes never wait so long.",
  input: z.object({ lease: leaseId, claimants: z.array(address).optional() }),
  async run(session, { lease: id, claimants: named = [] }) {
    const [{ market }, tokens, lease, now, open] = await Promise.all([
      session.handles(),
      session.tokens(),
      readLease(session, id),
      session.now(),
      openClaimsOn(session, id),
    ]);
    const unknown = named.filter((claimant) => !open.some((claim) => claim.claimant === claimant));
    if (unknown.length > 0) {
      throw new Failure("refused", unknown.map((who) => `${who} has no open claim on lease ${lease.name}`).join("\n"));
    }
    const meant = named.length === 0 ? open : open.filter(({ claimant }) => named.includes(claimant));
    const lapsed = meant.filter(({ lapsesAt }) => now >= lapsesAt);
    if (lapsed.length === 0) {
      const waiting = meant.map(
        ({ claimant, lapsesAt }) => `the claim of ${claimant} may be, from ${formatInstant(lapsesAt)} on`,
      );
      throw new Failure("refused", [`no claim on lease ${lease.name} can be lapsed now`, ...waiting].join("\n"));
    }
    const steps = lapsed.map(({ claimant }) =>
      step(
        `End the claim of ${claimant} on lease ${lease.name}`,
        market,
        market.lapseClaim,
        [id, claimant],
        lease.token,
      ),
    );
    const execution = await execute(session, await Promise.all(steps));
    const held = eventArgs(execution, "ClaimEnded").reduce((sum, args) => sum + (args["held"] as bigint), 0n);
    const paidIn = await tokens.describe(lease.token);
    const text = `${plural(lapsed.length, "claim")} ended; ${money(held, paidIn)} went on to the provider, less the fee.`;
    return done(execution, text, { lease: lease.name, claimants: lapsed.map(({ claimant }) => claimant), held });
  },
});
