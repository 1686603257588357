import { z } from "zod";

import { formatInstant } from "../../../../sdk/units";
import { allow, holdToken } from "../../actions";
import { command, done } from "../../command";
import { confirm } from "../../confirm";
import { requireSome, someAmount } from "../../effect";
import { hold } from "../../format";
import { address, amount, amountOrAll } from "../../inputs";
import type { Session } from "../../session";
import { execute, step } from "../../steps";
import { unbondAllText } from "./previews";

const HOLD_DECIMALS = 18;

/** What a provider has bonded with the market. */
export async function bondText(
  session: Session,
  provider: string,
): Promise<{ free: bigint; reserved: bigint; text: string }> {
  const { staking, market } = await session.handles();
  const { free, reserved } = await staking.poolOf(await market.getAddress(), provider);
  return { free, reserved, text: `${hold(free)} bonded and free for leases, ${hold(reserved)} backing leases` };
}

/** What a provider has bonded with the contract of disputes. */
export async function disputesBond(
  session: Session,
  provider: string,
): Promise<{ free: bigint; reserved: bigint; text: string }> {
  const { staking, disputes } = await session.handles();
  const { free, reserved } = await staking.poolOf(await disputes.getAddress(), provider);
  return { free, reserved, text: `${hold(free)} free for disputes, ${hold(reserved)} posted in some` };
}

export const bond = command({
  usage: "bond <amount>",
  summary: "bond HOLD with the market: it backs your leases, and keeps its votes",
  options: [["--for <provider>", "add to another provider's bond: a gift"]],
  input: z.object({ amount, for: address.optional() }),
  async run(session, input) {
    const { staking, market } = await session.handles();
    const module = await market.getAddress();
    const wei = someAmount(input.amount, HOLD_DECIMALS, "amount of HOLD");
    const steps = await allow(session, await holdToken(session), staking, "staking", wei);
    const act =
      input.for === undefined
        ? step(`Bond ${hold(wei)}`, staking, staking.bond, [module, wei])
        : step(`Give ${hold(wei)} to the bond of ${input.for}`, staking, staking.bondFor, [module, input.for, wei]);
    const execution = await execute(session, [...steps, await act]);
    const { free, reserved, text } = await bondText(session, input.for ?? (await session.account()));
    return done(execution, `${text}.`, { free, reserved });
  },
});

export const moveBond = command({
  usage: "move-bond <amount>",
  summary:
    "move free bond from the market to the contract of disputes, for counter-bonds and appeal bonds (an amount, or all)",
  details: `A provider whose HOLD is all bonded answers and appeals with it: leasehold dispute answer --from-bond. What is moved backs no
new lease until it is moved back with --back; it keeps its votes.`,
  options: [["--back", "the other way: from the contract of disputes to the market"]],
  input: z.object({ amount: amountOrAll, back: z.boolean().default(false) }),
  async run(session, input) {
    const [account, { staking, market, disputes }] = await Promise.all([session.account(), session.handles()]);
    const modules = [await market.getAddress(), await disputes.getAddress()] as const;
    const [from, to] = input.back ? [modules[1], modules[0]] : modules;
    const { free } = await staking.poolOf(from, account);
    const wei = input.amount === "all" ? free : someAmount(input.amount, HOLD_DECIMALS, "amount of HOLD");
    requireSome(wei, input.back ? "no bond with the contract of disputes is free" : "no bond with the market is free");
    const where = input.back ? "back to the market" : "to the contract of disputes";
    const execution = await execute(session, [
      await step(`Move ${hold(wei)} of bond ${where}`, staking, staking.moveBond, [from, to, wei]),
    ]);
    const [bonded, forDisputes] = await Promise.all([bondText(session, account), disputesBond(session, account)]);
    const text = `${bonded.text}; ${forDisputes.text}.`;
    return done(execution, text, {
      free: bonded.free,
      reserved: bonded.reserved,
      disputes: { free: forDisputes.free, reserved: forDisputes.reserved },
    });
  },
});

export const unbond = command({
  usage: "unbond <amount>",
  summary: "start taking free bond out (an amount, or all); finish-unbond when the delay is over",
  details: "What finished unbonding is freed with it; what has not starts again: there is one delay for all of it.",
  input: z.object({ amount: amountOrAll }),
  asks: ({ amount: typed }) => typed === "all",
  async run(session, input) {
    const [account, { staking, market }] = await Promise.all([session.account(), session.handles()]);
    const module = await market.getAddress();
    const { free } = await staking.poolOf(module, account);
    const wei = input.amount === "all" ? free : someAmount(input.amount, HOLD_DECIMALS, "amount of HOLD");
    requireSome(wei, "no bond with the market is free");
    if (wei === free) {
      const [{ amount: waiting }, delay, now] = await Promise.all([
        staking.unbondingOf(account),
        staking.unbondingDelay(),
        session.now(),
      ]);
      await confirm(session, unbondAllText(free, waiting, Number(delay), now), "All of your free bond would unbond.");
    }
    const execution = await execute(session, [
      await step(`Start unbonding ${hold(wei)}`, staking, staking.startUnbonding, [module, wei]),
    ]);
    const { amount: unbonding, readyAt } = await staking.unbondingOf(account);
    return done(execution, `${hold(unbonding)} unbond until ${formatInstant(readyAt)}.`, { unbonding, readyAt });
  },
});

export const finishUnbond = command({
  usage: "finish-unbond",
  summary: "free everything that finished unbonding",
  input: z.object({}),
  async run(session) {
    const [account, { staking }] = await Promise.all([session.account(), session.handles()]);
    const { amount: unbonding } = await staking.unbondingOf(account);
    const execution = await execute(session, [
      await step(`Free ${hold(unbonding)}`, staking, staking.finishUnbonding, []),
    ]);
    return done(execution, `${hold(unbonding)} are free in your wallet.`, { amount: unbonding });
  },
});

export const cancelUnbond = command({
  usage: "cancel-unbond [amount]",
  summary: "put what unbonds back into the bond (all of it unless told)",
  input: z.object({ amount: amountOrAll.default("all") }),
  async run(session, input) {
    const [account, { staking, market }] = await Promise.all([session.account(), session.handles()]);
    const { amount: unbonding } = await staking.unbondingOf(account);
    const wei = input.amount === "all" ? unbonding : someAmount(input.amount, HOLD_DECIMALS, "amount of HOLD");
    requireSome(wei, "nothing is unbonding");
    const execution = await execute(session, [
      await step(`Put ${hold(wei)} back`, staking, staking.cancelUnbonding, [await market.getAddress(), wei]),
    ]);
    const { free, reserved, text } = await bondText(session, account);
    return done(execution, `${text}.`, { free, reserved });
  },
});
