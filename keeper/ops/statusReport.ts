import { formatUnits } from "ethers";

import { plainTable } from "../../sdk/table";
import { formatDuration, formatInstant } from "../../sdk/units";
import { wrapped } from "../../sdk/wrap";
import { amountsText, type Tokens } from "../core/tokens";
import type { Status } from "../store/status";
import type { Totals } from "../store/totals";
import { coin, counted, dueText, transactionText } from "./report";

/** What a store knows, for people. `columns`: the width of their terminal. */
export function describeStatus(status: Status, columns?: number): string {
  const { tip, underWay, held, claims, accounts, days } = status;
  const market = `Market ${status.market} on chain ${status.chainId}`;
  if (tip === null) return `${market}: nothing is known yet. Wait for the keeper's first pass.`;
  const now = tip.timestamp;
  const kinds = Object.entries(status.dueByKind).map(([kind, number]) => `${number} ${kind}`);
  const lines = [
    market,
    `Block ${tip.number}, ${formatInstant(now)} by the chain.`,
    `${counted(status.leases, "lease")} not ended, ${counted(status.disputes, "dispute")} not settled, ${dueText(status.backlog, now)}${kinds.length > 0 ? ` (${kinds.join(", ")})` : ""}.`,
  ];
  if (status.nextDueAt !== null) {
    lines.push(
      `The next duty falls due at ${formatInstant(status.nextDueAt)}, in ${formatDuration(status.nextDueAt - now)}.`,
    );
  }
  const sections = [lines.join("\n")];
  sections.push(underWay.length === 0 ? "No transaction is under way." : underWayTables(underWay, tip.number, columns));
  if (held.length > 0) {
    const rows = held.slice(0, MOST_HELD).map(({ duty, why, until }) => [duty, why, formatInstant(until)]);
    sections.push(plainTable(["LEFT IN PEACE", "SINCE IT", "UNTIL"], rows, [], columns));
    if (held.length > MOST_HELD) sections.push(`and ${held.length - MOST_HELD} more (--json has all)`);
  }
  if (claims.length > 0) {
    const rows = claims.map(({ keeper, duties, until }) => [keeper, String(duties), formatInstant(until)]);
    sections.push(plainTable(["KEEPER", "CLAIMS", "UNTIL, IF IT FALLS SILENT"], rows, [1], columns));
  }
  const tokens = new Map(Object.entries(status.tokens));
  if (accounts.length > 0) sections.push(accountsTable(accounts, tokens, columns));
  if (days.length > 0) sections.push(daysTable(days, tokens, columns));
  return wrapped(sections.join("\n\n"), columns);
}

const MOST_HELD = 20;
const MOST_DAYS = 14;

/** One table for each account. */
function underWayTables(underWay: Status["underWay"], block: number, columns?: number): string {
  const accounts = [...new Set(underWay.map(({ account }) => account))];
  const tables = accounts.map((account) => {
    const rows = underWay
      .filter((one) => one.account === account)
      .map((one) => [
        String(one.nonce),
        `${transactionText(one)}${one.sent ? "" : "\nNo node has taken it yet."}`,
        counted(Math.max(0, block - one.sinceBlock), "block"),
        String(one.attempts),
        formatUnits(one.maxFeePerGas, "gwei"),
      ]);
    return `Account ${account}\n${plainTable(["NONCE", "UNDER WAY", "FOR", "TRIES", "GWEI"], rows, [0, 3, 4], columns)}`;
  });
  return tables.join("\n\n");
}

const TOTALS = ["DONE", "REVERTED", "EMPTY", "OTHERS'", "FEES", "IN VAIN", "EARNED"];
const NUMBERS = [1, 2, 3, 4, 5, 6];

function totalsCells(totals: Totals, tokens: Tokens): string[] {
  const { done, reverted, empty, foreign, spent, inVain, earned } = totals;
  return [...[done, reverted, empty, foreign].map(String), coin(spent), coin(inVain), amountsText(earned, tokens)];
}

function accountsTable(accounts: Status["accounts"], tokens: Tokens, columns?: number): string {
  const rows = accounts.map((one) => [one.account, ...totalsCells(one, tokens)]);
  return plainTable(["ACCOUNT", ...TOTALS], rows, NUMBERS, columns);
}

/** Profit and loss: what was earned and what it cost, by the day of the chain. */
function daysTable(days: Status["days"], tokens: Tokens, columns?: number): string {
  const rows = days.slice(0, MOST_DAYS).map((one) => [one.day, ...totalsCells(one, tokens)]);
  const more = days.length > MOST_DAYS ? `\nand ${days.length - MOST_DAYS} earlier days (--json has all)` : "";
  return `${plainTable(["DAY", ...TOTALS], rows, NUMBERS, columns)}${more}`;
}
