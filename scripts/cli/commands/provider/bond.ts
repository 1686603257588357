import { z } from "zod";

import { formatInstant, parseAmount } from "../../../../sdk/units";
import { allow, holdToken } from "../../actions";
import { command, done } from "../../command";
import { hold } from "../../format";
import { address, amount, amountOrAll } from "../../inputs";
import type { Session } from "../../session";
import { execute, step } from "../../steps";

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

export const bond = command({
  usage: "bond <amount>",
  summary: "bond HOLD with the market: it backs your leases, and keeps its votes",
  options: [["--for <provider>", "add to another provider's bond: a gift"]],
  input: z.object({ amount, for: address.optional() }),
  async run(session, input) {
    const { staking, market } = await session.handles();
    const module = await market.getAddress();
    const wei = parseAmount(input.amount, HOLD_DECIMALS, "amount of HOLD");
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

export const unbond = command({
  usage: "unbond <amount>",
  summary: "start taking free bond out (an amount, or all); finish-unbond when the delay is over",
  details: "What unbonds already starts again with it: there is one delay for all of it.",
  input: z.object({ amount: amountOrAll }),
  async run(session, input) {
    const [account, { staking, market }] = await Promise.all([session.account(), session.handles()]);
    const module = await market.getAddress();
    const { free } = await staking.poolOf(module, account);
    const wei = input.amount === "all" ? free : parseAmount(input.amount, HOLD_DECIMALS, "amount of HOLD");
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
    const wei = input.amount === "all" ? unbonding : parseAmount(input.amount, HOLD_DECIMALS, "amount of HOLD");
    const execution = await execute(session, [
      await step(`Put ${hold(wei)} back`, staking, staking.cancelUnbonding, [await market.getAddress(), wei]),
    ]);
    const { free, reserved, text } = await bondText(session, account);
    return done(execution, `${text}.`, { free, reserved });
  },
});
