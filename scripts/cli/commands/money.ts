import { z } from "zod";

import { formatInstant } from "../../../sdk/units";
import { batches } from "../actions";
import { command, done } from "../command";
import { someAmount } from "../effect";
import { Failure } from "../failure";
import { hold, money, table } from "../format";
import { address, amountOrAll, token, TOKEN_OPTION, whole } from "../inputs";
import { requireNotOurs } from "../recipients";
import type { Session } from "../session";
import { eventArgs, execute, step } from "../steps";

/** Penalties that are read at the same time. */
const PENALTIES_PAGE = 100;

/** Money that an account has in escrow, one line for each listed token. */
export async function fundsTable(session: Session, account: string): Promise<{ text: string; data: unknown[] }> {
  const [tokens, { lens }] = await Promise.all([session.tokens(), session.handles()]);
  const listed = await tokens.listed();
  const funds = await Promise.all(listed.map(async (item) => lens.fundsOf(item.address, account)));
  const rows = listed.map((item, index) => {
    const { free = 0n, locked = 0n, ceiling = 0n } = funds[index] ?? {};
    return { token: item, free, locked, ceiling };
  });
  const cells = rows.map(({ token: item, free, locked, ceiling }) => [
    item.symbol,
    money(free, item),
    money(locked, item),
    ceiling === UNLIMITED ? "without limit" : money(ceiling > locked ? ceiling - locked : 0n, item),
  ]);
  return {
    text: table(["token", "free", "locked", "market may lock"], cells, [1, 2, 3]),
    data: rows.map(({ token: item, free, locked, ceiling }) => ({
      token: item.address,
      symbol: item.symbol,
      free,
      locked,
      ceiling,
    })),
  };
}

/** The ceiling that never moves. */
export const UNLIMITED = 2n ** 120n - 1n;

/** Free balance out of the escrow: for providers and tenants alike. */
export const withdraw = command({
  usage: "withdraw <amount>",
  summary: "send free balance out of escrow (an amount, or all)",
  options: [TOKEN_OPTION, ["--to <address>", "receiver (default: yourself)"]],
  input: z.object({ amount: amountOrAll, token: token.optional(), to: address.optional() }),
  async run(session, input) {
    const [account, tokens, { escrow }] = await Promise.all([session.account(), session.tokens(), session.handles()]);
    const of = await tokens.resolve(input.token);
    const amount =
      input.amount === "all" ? await escrow.freeOf(of.address, account) : someAmount(input.amount, of.decimals);
    if (amount === 0n) throw new Failure("refused", `there is no free ${of.symbol} of ${account} in escrow`);
    const to = input.to ?? account;
    await requireNotOurs(session, to, "be paid out of escrow");
    const label = `Withdraw ${money(amount, of)} to ${to}`;
    const execution = await execute(session, [
      await step(label, escrow, escrow.withdraw, [of.address, to, amount], of.address),
    ]);
    const left = await escrow.freeOf(of.address, account);
    return done(execution, `${money(left, of)} of yours are free in escrow.`, {
      token: of.address,
      amount,
      free: left,
    });
  },
});

interface Claimable {
  readonly id: number;
  readonly amount: bigint;
  readonly maturesAt: number;
}

/** Penalties that have a part for an account which was not paid yet. */
export async function readPenalties(session: Session, account: string): Promise<Claimable[]> {
  const { staking } = await session.handles();
  const penalties = Number(await staking.penaltyCount());
  const found: Claimable[] = [];
  for (let from = 1; from <= penalties; from += PENALTIES_PAGE) {
    const ids = Array.from({ length: Math.min(PENALTIES_PAGE, penalties - from + 1) }, (_, index) => from + index);
    const page = await Promise.all(ids.map((id) => staking.penaltyOf(id)));
    for (const [index, penalty] of page.entries()) {
      const split = await staking.splitOf(penalty.amount, penalty.tenant, penalty.challenger, penalty.treasury);
      const parts = [
        [penalty.tenant, penalty.tenantPaid, split.tenantAmount],
        [penalty.challenger, penalty.challengerPaid, split.challengerAmount],
        [penalty.treasury, penalty.treasuryPaid, split.treasuryAmount],
      ] as const;
      const mine = parts.filter(([payee, paid]) => payee === account && !paid);
      const amount = mine.reduce((sum, [, , part]) => sum + part, 0n);
      if (mine.length > 0) found.push({ id: from + index, amount, maturesAt: Number(penalty.maturesAt) });
    }
    if (penalties > PENALTIES_PAGE) session.progress(`read ${from + page.length - 1} of ${penalties} penalties`);
  }
  return found;
}

/** A payee's part of penalties. */
export const claim = command({
  usage: "claim [penalties...]",
  summary: "take your part of matured penalties, as tenant, challenger or treasury (none named: all of them)",
  options: [["--to <address>", "receiver (default: yourself)"]],
  input: z.object({ penalties: z.array(whole("a penalty", 1)).optional(), to: address.optional() }),
  async run(session, input) {
    const [account, { staking }, now] = await Promise.all([session.account(), session.handles(), session.now()]);
    const to = input.to ?? account;
    await requireNotOurs(session, to, "receive a penalty");
    const mine = await readPenalties(session, account);
    const matured = mine.filter(({ maturesAt }) => maturesAt <= now).map(({ id }) => id);
    const wanted = input.penalties?.length ? input.penalties : matured;
    if (wanted.length === 0) {
      const waiting = mine.map(
        ({ id, amount, maturesAt }) => `penalty ${id}: ${hold(amount)} from ${formatInstant(maturesAt)} on`,
      );
      throw new Failure("refused", ["no penalty has matured with a part for you", ...waiting].join("\n"));
    }
    const steps = batches(wanted).map((ids) => {
      const sum = mine.filter(({ id }) => ids.includes(id)).reduce((total, { amount }) => total + amount, 0n);
      return step(`Claim ${hold(sum)} of penalty ${ids.join(", ")}`, staking, staking.claimPenalties, [ids, to]);
    });
    const execution = await execute(session, await Promise.all(steps));
    const paid = eventArgs(execution, "PenaltyClaimed").reduce((sum, args) => sum + (args["amount"] as bigint), 0n);
    return done(execution, `${hold(paid)} went to ${to}.`, { amount: paid });
  },
});
