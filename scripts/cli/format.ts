import { formatUnits } from "ethers";

import { printable } from "../../sdk/errors/words";
import { plainTable } from "../../sdk/table";
import { formatAmount, formatPriceNearest } from "../../sdk/units";
import { brokenLines } from "../../sdk/wrap";
import { toned, withState } from "./colours";
import { screenNow } from "./screen";
import type { Token } from "./tokens";

/** What a command hands back: for machines and for people. */
export interface Report {
  /** Anything that JSON can hold, and bigints, which become decimal strings. Undefined: nothing is left to print. */
  readonly data?: unknown;
  readonly text: string;
  /** The text is for machines, too, as a signed quote is: it is printed as it is, however wide. */
  readonly verbatim?: boolean;
  /** 0 unless told. */
  readonly exitCode?: number;
}

/** JSON with bigints as decimal strings. */
export function toJson(data: unknown): string {
  return JSON.stringify(data, (_, value: unknown) => (typeof value === "bigint" ? value.toString() : value), 2);
}

/** Room for a value, however narrow the terminal is. */
const LEAST_FOR_VALUE = 20;

/** A table without lines, as the screen has room for it. `right`: columns that hold numbers. Everything is made printable first. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string {
  return plainTable(
    head.map((title) => toned(title.toUpperCase(), "title")),
    rows.map((row) => row.map((cell) => withState(printable(cell)))),
    right,
    screenNow().columns,
  );
}

/** Names and values below each other; values that are empty are left out. */
export function pairs(entries: readonly (readonly [name: string, value: string])[]): string {
  const shown = entries.filter(([, value]) => value !== "");
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  const indent = width + 2;
  const { columns } = screenNow();
  const room = columns === undefined ? Infinity : Math.max(LEAST_FOR_VALUE, columns - indent);
  return shown
    .map(([name, value]) => {
      const lines = brokenLines(withState(printable(value)), room);
      return name.padEnd(indent) + lines.join(`\n${" ".repeat(indent)}`);
    })
    .join("\n");
}

/** Parts below each other with an empty line between them; empty ones are left out. */
export function sections(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join("\n\n");
}

export function money(amount: bigint, token: Token): string {
  return `${formatAmount(amount, token.decimals)} ${token.symbol}`;
}

export function price(x32: bigint, token: Token): string {
  const [amount, period] = formatPriceNearest(x32, token.decimals).split("/");
  return `${amount} ${token.symbol}/${period}`;
}

export function hold(wei: bigint): string {
  return `${formatAmount(wei, 18)} HOLD`;
}

/** Wei of native coin, to nine digits behind the point. */
export function coin(wei: bigint): string {
  return formatUnits(wei - (wei % 10n ** 9n), 18);
}

/** 104332n -> "104,332". */
export function count(value: bigint | number): string {
  return formatAmount(BigInt(value), 0);
}

/** "1 lease", "2 leases". */
export function plural(value: number, noun: string): string {
  return `${value} ${noun}${value === 1 ? "" : "s"}`;
}
