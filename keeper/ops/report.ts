import { formatEther, formatUnits } from "ethers";

import { plainTable } from "../../sdk/table";
import { formatDuration, formatInstant } from "../../sdk/units";
import { wrapped } from "../../sdk/wrap";
import { amountsText, type Tokens } from "../core/tokens";
import type { UnderWay } from "../store/status";
import type { Outlook } from "./outlook";

/** Names that a line has room for. */
const MOST_NAMED = 4;

/** Some of many, and how many more there are. */
export function some(names: readonly string[], most = MOST_NAMED): string {
  const more = names.length - most;
  return [...names.slice(0, most), ...(more > 0 ? [`and ${more} more`] : [])].join(", ");
}

export function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** JSON, integers that may be large as decimal strings. */
export function toJson(data: unknown): string {
  return JSON.stringify(data, (_key, value: unknown) => (typeof value === "bigint" ? value.toString() : value), 2);
}

/** What would be done and why, what it would earn and cost, and what is left undone and why; for people. `columns`: the width of their terminal. */
export function describe(outlook: Outlook, columns?: number): string {
  const { head, leases, disputes, backlog, actions, skipped, nextDueAt } = outlook;
  const sections = [
    `Block ${head.number}, ${formatInstant(head.timestamp)} by the chain.\n` +
      `${counted(leases, "lease")} not ended, ${counted(disputes, "dispute")} not settled, ` +
      `${dueText(backlog, head.timestamp)}.`,
  ];
  sections.push(keeperText(outlook.keeper, head.number, columns));
  if (actions.length > 0) sections.push(actionsTable(outlook, columns));
  if (skipped.length > 0) sections.push(skippedTable(skipped, columns));
  if (actions.length === 0 && skipped.length === 0) sections.push("Nothing is to be done.");
  if (nextDueAt !== undefined) {
    sections.push(
      `The next duty falls due at ${formatInstant(nextDueAt)}, in ${formatDuration(nextDueAt - head.timestamp)}.`,
    );
  }
  return wrapped(sections.join("\n\n"), columns);
}

const NO_KEEPER =
  "This is what anybody could do: no account is known, so balance, transactions and claims do not count.\n" +
  "Set KEEPER_ACCOUNT to see what one keeper would do.";

/** Which keeper this is about, what it can spend, and what it has on its way. */
function keeperText(keeper: Outlook["keeper"], block: number, columns?: number): string {
  if (keeper === undefined) return NO_KEEPER;
  const { account, name, balance, budget, onItsWay } = keeper;
  const who = name === account ? account : `${name}, account ${account}`;
  const text = `Keeper ${who}: it has ${coin(balance)} native coins, and can spend ${coin(budget)} of them.`;
  if (onItsWay.length === 0) return `${text}\nIt has no transaction on its way.`;
  const rows = onItsWay.map((one) => [
    String(one.nonce),
    transactionText(one),
    counted(Math.max(0, block - one.sinceBlock), "block"),
    formatUnits(one.maxFeePerGas, "gwei"),
  ]);
  return `${text}\n\n${plainTable(["NONCE", "ON ITS WAY", "FOR", "GWEI"], rows, [0, 3], columns)}`;
}

/** What a transaction is for, and its hash on a line of its own: both are long. */
export function transactionText({ kind, duties, hash }: Pick<UnderWay, "kind" | "duties" | "hash">): string {
  return `${kind} ${some(duties.map((key) => brief(key.split(" ")[1] ?? key)))}`.trim() + `\n${hash}`;
}

/** A text with the middle of its addresses left out; JSON has them whole. */
function brief(text: string): string {
  return text.replace(/0x([0-9a-fA-F]{4})[0-9a-fA-F]{32}([0-9a-fA-F]{4})/g, "0x$1...$2");
}

/** How much is due, and for how long it has been. */
export function dueText({ duties, dueSince }: Outlook["backlog"], now: number): string {
  if (duties === 0 || dueSince === undefined) return "nothing due";
  return `${counted(duties, "duty").replace(/ys$/, "ies")} due, the first for ${formatDuration(now - dueSince)}`;
}

function actionsTable({ actions, head, tokens = {} }: Outlook, columns?: number): string {
  const known = new Map(Object.entries(tokens));
  const rows = actions.map(({ kind, duties, dueAt, gas, cost, earns }) => [
    kind,
    some(duties.map(({ key }) => brief(key.slice(kind.length + 1)))),
    formatDuration(head.timestamp - dueAt),
    gas.toLocaleString("en"),
    coin(cost),
    coin(earns),
    bounties(duties, known),
  ]);
  const titles = ["SEND", "FOR", "DUE FOR", "GAS", "COSTS", "EARNS", "BOUNTIES"];
  return plainTable(titles, rows, [3, 4, 5], columns);
}

function bounties(duties: Outlook["actions"][number]["duties"], tokens: Tokens): string {
  const sums: Record<string, bigint> = {};
  for (const { token, bounty } of duties) {
    if (token !== undefined && bounty > 0n) sums[token] = (sums[token] ?? 0n) + bounty;
  }
  return amountsText(sums, tokens);
}

function skippedTable(skipped: Outlook["skipped"], columns?: number): string {
  const byReason = new Map<string, Outlook["skipped"][number][]>();
  for (const one of skipped) byReason.set(one.reason, [...(byReason.get(one.reason) ?? []), one]);
  const rows = [...byReason].map(([reason, those]) => {
    const untils = those.flatMap(({ until }) => until ?? []);
    const until = untils.length === 0 ? "" : formatInstant(Math.min(...untils));
    return [some(those.map(({ duty }) => brief(duty.key))), reason, until];
  });
  return plainTable(["LEFT UNDONE", "REASON", "UNTIL, AT FIRST"], rows, [], columns);
}

/** Wei of native coin, to nine digits behind the point. */
export function coin(wei: bigint): string {
  return wei % 10n ** 9n === 0n ? formatEther(wei) : formatUnits(wei - (wei % 10n ** 9n), 18);
}
