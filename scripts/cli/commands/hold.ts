import { z } from "zod";

import { parseAmount } from "../../../sdk/units";
import { command, type CommandGroup, done } from "../command";
import { confirm } from "../confirm";
import { Failure } from "../failure";
import { hold, pairs } from "../format";
import { address, amountOrAll } from "../inputs";
import { requireNotOurs } from "../recipients";
import { execute, step } from "../steps";

const transfer = command({
  usage: "transfer <account> <amount>",
  summary: "send HOLD out of your wallet to an account (an amount, or all that nothing locks)",
  details:
    "What is bonded or unbonds stays: see leasehold provider unbond. The votes go with the HOLD, to whom its new owner delegates.",
  input: z.object({ account: address, amount: amountOrAll }),
  asks: true,
  async run(session, input) {
    const [account, { hold: token }] = await Promise.all([session.account(), session.handles()]);
    await requireNotOurs(session, input.account, "receive HOLD");
    if (input.account === account) throw new Failure("refused", "you would send HOLD to yourself: nothing was sent");
    const [balance, locked] = await Promise.all([token.balanceOf(account), token.lockedOf(account)]);
    const free = balance - locked;
    const wei = input.amount === "all" ? free : parseAmount(input.amount, 18, "amount of HOLD");
    if (wei === 0n) throw new Failure("refused", "an amount of zero moves nothing: nothing was sent");
    if (wei > free) {
      const bonded = locked === 0n ? "" : `; ${hold(locked)} more are bonded or unbond: see leasehold provider unbond`;
      throw new Failure("refused", `your wallet has ${hold(free)} that are free, ${hold(wei)} are to be sent${bonded}`);
    }
    await confirm(
      session,
      pairs([
        ["sends", hold(wei)],
        ["to", input.account],
        ["you keep", `${hold(free - wei)} free${locked === 0n ? "" : `, ${hold(locked)} locked`}`],
      ]),
    );
    const execution = await execute(session, [
      await step(`Send ${hold(wei)} to ${input.account}`, token, token.transfer, [input.account, wei]),
    ]);
    const left = (await token.balanceOf(account)) - (await token.lockedOf(account));
    return done(execution, `${hold(left)} of yours are free in the wallet.`, {
      to: input.account,
      amount: wei,
      free: left,
    });
  },
});

/** The token itself. */
export const holdGroup: CommandGroup = {
  name: "hold",
  summary: "the HOLD in your wallet: send it",
  commands: [transfer],
};
