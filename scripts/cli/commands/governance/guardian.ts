import { ZeroAddress } from "ethers";
import { z } from "zod";

import { formatDuration, formatInstant } from "../../../../sdk/units";
import { command, done } from "../../command";
import { Failure } from "../../failure";
import { pairs } from "../../format";
import { address, duration } from "../../inputs";
import type { Session } from "../../session";
import { execute, step } from "../../steps";

const MARKET_OPTION = [
  "--market <address>",
  "another market that the guardian may pause (default: this deployment's)",
] as const;

/** The guardian's seat and what is paused. */
async function seatOf(session: Session) {
  const { guardian, market } = await session.handles();
  const [account, used, until, now] = await Promise.all([
    guardian.guardian(),
    guardian.used(),
    market.pausedUntil().then(Number),
    session.now(),
  ]);
  return { account, used, until: until > now ? until : 0 };
}

/** Fails unless the account is seated. */
async function requireSeat(session: Session): Promise<{ used: boolean; until: number }> {
  const [{ account, used, until }, caller] = await Promise.all([seatOf(session), session.account()]);
  if (account === ZeroAddress) throw new Failure("refused", "nobody is guardian: governance seats one by proposal");
  if (account !== caller) {
    throw new Failure("refused", `only the guardian, ${account}, pauses and resumes; you are ${caller}`);
  }
  return { used, until };
}

async function marketsOf(session: Session, market: string | undefined): Promise<string[]> {
  const { market: own } = await session.handles();
  return [market ?? (await own.getAddress())];
}

export const show = command({
  usage: "guardian",
  summary: "who may pause the opening of leases and offers, once, and whether it is paused",
  input: z.object({}),
  async run(session) {
    const { account, used, until } = await seatOf(session);
    const text = pairs([
      ["guardian", account === ZeroAddress ? "nobody" : account],
      ["its one pause", account === ZeroAddress ? "" : used ? "used: governance can seat it again" : "not used"],
      ["new leases", until === 0 ? "are taken" : `are paused until ${formatInstant(until)}`],
    ]);
    return { data: { guardian: account, used, pausedUntil: until === 0 ? null : until }, text };
  },
});

export const pause = command({
  usage: "pause <duration>",
  summary: "stop new leases and offers for a while, at most 7 days; no exit stops",
  details: "Works once for each seating, and ends by itself. Only the guardian can; governance seats it.",
  options: [MARKET_OPTION],
  input: z.object({ duration, market: address.optional() }),
  async run(session, { duration: seconds, market }) {
    if (seconds === 0)
      throw new Failure("usage", "a pause of no time uses up the only one: leasehold guardian resume ends one");
    const { used } = await requireSeat(session);
    if (used) throw new Failure("refused", "the one pause of your seating is used: governance can seat you again");
    const [{ guardian }, markets] = await Promise.all([session.handles(), marketsOf(session, market)]);
    const execution = await execute(session, [
      await step(`Pause new leases and offers for ${formatDuration(seconds)}`, guardian, guardian.pause, [
        markets,
        seconds,
      ]),
    ]);
    const { until } = await seatOf(session);
    const text = `New leases and offers are paused until ${formatInstant(until)}: leasehold guardian resume ends it before.`;
    return done(execution, text, { markets, seconds });
  },
});

export const resume = command({
  usage: "resume",
  summary: "end the pause of new leases and offers before its time",
  options: [MARKET_OPTION],
  input: z.object({ market: address.optional() }),
  async run(session, { market }) {
    await requireSeat(session);
    const [{ guardian }, markets] = await Promise.all([session.handles(), marketsOf(session, market)]);
    const execution = await execute(session, [
      await step("Resume new leases and offers", guardian, guardian.resume, [markets]),
    ]);
    return done(execution, "New leases and offers are taken again.", { markets });
  },
});
