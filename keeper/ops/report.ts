import Table from "cli-table3";
import { formatEther } from "ethers";

import { formatInstant } from "../../sdk/units";
import { idOf, nameOf } from "../core/duties";
import type { Outlook } from "./keeper";

/** What would be done and why, for people. */
export function describe(outlook: Outlook): string {
  const { head, openLeases, openDisputes, actions, skipped, nextDueAt } = outlook;
  const lines = [
    `Block ${head.number}, chain time ${formatInstant(head.timestamp)}: ${openLeases} leases have not ended, ` +
      `${openDisputes} disputes are not settled.`,
  ];
  if (actions.length > 0) {
    const table = new Table({
      head: ["send", "for", "due since", "gas", "costs", "earns"],
      style: { head: [], border: [] },
    });
    for (const { kind, duties, dueAt, gas, cost, earns } of actions) {
      const names = duties.slice(0, 5).map((duty) => nameOf(kind, idOf(duty)));
      const rest = duties.length > 5 ? [`and ${duties.length - 5} more`] : [];
      table.push([
        kind,
        [...names, ...rest].join(" "),
        formatInstant(dueAt),
        gas.toString(),
        formatEther(cost),
        formatEther(earns),
      ]);
    }
    lines.push(table.toString());
  }
  for (const { duty, reason, until } of skipped) {
    const when = until === undefined ? "" : ` until ${formatInstant(until)}`;
    lines.push(`left undone: ${duty.kind} ${nameOf(duty.kind, idOf(duty))}: ${reason}${when}`);
  }
  if (actions.length === 0 && skipped.length === 0) lines.push("Nothing is due.");
  if (nextDueAt !== undefined) lines.push(`The next is due at ${formatInstant(nextDueAt)}.`);
  return lines.join("\n");
}

/** The same for machines: integers as decimal strings. */
export function toJson(outlook: Outlook): string {
  return JSON.stringify(outlook, (_key, value: unknown) => (typeof value === "bigint" ? value.toString() : value), 2);
}
