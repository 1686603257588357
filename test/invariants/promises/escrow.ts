import type { Plain } from "../model/plain";
import { Broken } from "./broken";
import type { Scene } from "./checks";

/** INV-ESC-1, INV-ESC-2, INV-ESC-3. */
export function checkEscrow(scene: Scene): void {
  const { mirror, history, cast, count } = scene;
  for (const token of cast.tokens) {
    const balance = mirror.amount(`wallet/${token}/${cast.escrow}`);
    const owed = liabilities(scene, token);
    if (balance !== owed) {
      throw new Broken("INV-ESC-1", `the escrow has ${balance} of ${cast.nameOf(token)} and owes ${owed}`);
    }
    count("INV-ESC-1");
    const [deposits, withdrawals] = [history.deposits.of(token), history.withdrawals.of(token)];
    if (deposits !== withdrawals + owed) {
      throw new Broken("INV-ESC-2", `${cast.nameOf(token)}: ${deposits} came, ${withdrawals} left, ${owed} are owed`);
    }
    count("INV-ESC-2");
  }
  checkFreeBalances(scene);
  checkFlows(scene);
}

function liabilities({ mirror, cast }: Scene, token: string): bigint {
  let sum = 0n;
  for (const account of cast.accounts) {
    sum += mirror.amount(`free/${token}/${account}`);
    for (const module of cast.modules) {
      const key = `held/${module}/${token}/${account}`;
      if (mirror.get(key) !== undefined) sum += mirror.field(key, "locked");
    }
  }
  return sum;
}

/** A free balance falls by what its owner withdrew, and by what modules locked; `History` holds those to the approvals. */
function checkFreeBalances({ changed, calls, cast, history, mirror, count }: Scene): void {
  for (const [key, { before, after }] of changed) {
    const [kind, token = "", account = ""] = key.split("/");
    if (kind !== "free" || after >= before) continue;
    let explained = 0n;
    for (const { command, outcome } of calls) {
      if (!outcome.ok) continue;
      const { by, to } = command.call;
      for (const { name, args } of outcome.logs) {
        const payer = args["payer"] ?? args["account"];
        if (args["token"] !== token || payer !== account) continue;
        if (name === "Withdrawn" && by === account) explained += args["amount"] as bigint;
        const module = args["module"] as string | undefined;
        if (!["Locked", "LockedFor", "LockedAndPaid"].includes(name) || module === undefined) continue;
        // The market locks for the tenant that calls it, or that ordered a renewal (`History` looks at the orders) or
        // signed a quote's fill; a key that is a module locks by its own call.
        const ordered = to === cast.orders || by === cast.orders || by === cast.quotes;
        const asked = module === cast.market ? by === account || ordered : by === module;
        if (asked) explained += amountOf(args);
      }
    }
    if (before - after > explained) {
      throw new Broken(
        "INV-ESC-3",
        `${cast.nameOf(account)} lost ${before - after} of ${cast.nameOf(token)}, ${explained} by its own will`,
      );
    }
    count("INV-ESC-3");
  }
  for (const module of cast.modules) {
    for (const token of cast.tokens) {
      for (const account of cast.accounts) {
        const key = `${module}/${token}/${account}`;
        const told = history.locked.of(module, token, account);
        const held = mirror.field(`held/${key}`, "locked");
        if (held !== told) throw new Broken("INV-ESC-3", `${key}: ${held} are locked, events tell of ${told}`);
      }
    }
  }
}

/**
 * What the market moved into and out of free balances is what leases came to, account by account: nobody gets back what it
 * paid for a lease, or more, but as that lease's story tells (INV-LSE-8).
 */
function checkFlows({ history, cast, count }: Scene): void {
  const { due } = history.stories;
  for (const token of cast.tokens) {
    for (const account of cast.accounts) {
      const [moved, fair] = [
        history.flows.of(token, account),
        due.of(token, account) + history.failOvers.of(token, account),
      ];
      if (moved !== fair) {
        throw new Broken(
          "INV-LSE-8",
          `${cast.nameOf(account)} got ${moved} of ${cast.nameOf(token)}, leases say ${fair}`,
        );
      }
    }
  }
  count("INV-LSE-8");
}

const amountOf = ({ amount, locked, paid }: Record<string, Plain>): bigint =>
  ((amount ?? 0n) as bigint) + ((locked ?? 0n) as bigint) + ((paid ?? 0n) as bigint);
