import { plainTable } from "../../sdk/table";
import { wrapped } from "../../sdk/wrap";
import type { Addresses } from "../plan";
import type { Power } from "./judging";
import { failuresOf, type Verdict } from "./verdict";

/** Whom a census can call by name. */
export interface Names {
  readonly at: Addresses;
  readonly deployer: string;
}

/** `timelock 0x...`; an address that nobody knows as it is. */
function named(text: string, { at, deployer }: Names): string {
  const known = Object.entries<string>({ ...at, deployer });
  return known.reduce((told, [name, address]) => told.replaceAll(address, `${name} ${address}`), text);
}

/** `as deployed`, or `not as reviewed: should be ...`. */
function standingOf({ standing, meant }: Power, names: Names): string {
  return meant === undefined ? standing : `${standing}: should be ${named(meant, names)}`;
}

/** One line of what a census found. */
export function renderPower(power: Power, names: Names): string {
  const { what, holder, found, standing } = power;
  if (standing === "unreadable") return `${what} (unreadable: ${found})`;
  return `${named(holder, names)}: ${named(what, names)} (${standingOf(power, names)})`;
}

/** A census for people. `columns`: the width of their terminal. */
export function renderCensus(verdict: Verdict, names: Names, columns?: number): string {
  const rows = verdict.powers.map((power) => [
    named(power.what, names),
    named(power.holder, names),
    power.found,
    standingOf(power, names),
  ]);
  const head = ["power or parameter", "held or set by", "found in", "standing"];
  return `${plainTable(head, rows, [], columns)}\n\n${wrapped(summaryOf(verdict, names), columns)}`;
}

const counted = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

/** What a census comes to, in a few lines. */
export function summaryOf(verdict: Verdict, names: Names): string {
  const { overEscrow, ofDeployer, ofStrangers, notAsReviewed, changedByGovernance, unreadable, sound } = verdict;
  const totals = [
    `${counted(overEscrow, "power", "powers")} over anyone's escrow`,
    `${counted(ofDeployer, "power", "powers")} left to the deployer`,
    `${counted(ofStrangers, "power", "powers")} of strangers`,
    `${counted(notAsReviewed, "finding", "findings")} not as reviewed`,
    `${counted(unreadable, "finding", "findings")} that could not be read`,
    `${counted(changedByGovernance, "change", "changes")} by governance since the deployment`,
  ].join(", ");
  if (sound) return `${totals}.`;
  const failures = failuresOf(verdict).map((power) => `  ${renderPower(power, names)}`);
  return `${totals}.\nTHE CENSUS FAILS:\n${failures.join("\n")}`;
}

/** A census for scripts. */
export function censusJson(verdict: Verdict, { at, deployer }: Names): string {
  return JSON.stringify({ deployer, addresses: at, ...verdict }, null, 2);
}
