import { formatUnits, parseUnits } from "ethers";

/** Something that a person wrote and that is no amount, price, duration or identity. The message says what to write. */
export class UnitError extends Error {
  override readonly name = "UnitError";
}

const MOST_UINT32 = 2 ** 32 - 1;
const MOST_UINT120 = 2n ** 120n - 1n;
const MOST_UINT128 = 2n ** 128n - 1n;
const X32 = 2n ** 32n;

/** Wei in a millionth of a HOLD, in which the contracts count collateral and what is measured by it. */
export const MILLIONTH = 10n ** 12n;

/** "1" and "1.50"; no sign, no exponent, no grouping: "1,000" means two things to two people. */
const DECIMAL = /^(\d+)(?:\.(\d+))?$/;

// -------------------------------------------------------------------------------------------------- amounts

/** Checks the spelling of an amount and returns it; how many decimals it may have depends on its token. */
export function decimalText(text: string, what = "amount"): string {
  const trimmed = text.trim();
  if (trimmed.includes(",") || trimmed.includes("_")) {
    throw new UnitError(
      `"${text}" is no ${what}: write digits without grouping, and a point before decimals, as in 1250.50`,
    );
  }
  if (!DECIMAL.test(trimmed) || trimmed.length > 100) {
    throw new UnitError(`"${text}" is no ${what}: write a plain decimal number, as in 5000 or 12.50`);
  }
  return trimmed;
}

/** "12.5" of a token with so many decimals -> base units, exactly. Refuses what the token cannot represent. */
export function parseAmount(text: string, decimals: number, what = "amount"): bigint {
  const plain = decimalText(text, what);
  const fraction = (plain.split(".")[1] ?? "").replace(/0+$/, "");
  if (fraction.length > decimals) {
    throw new UnitError(`"${text}" is too fine an ${what}: the token has ${decimals} decimals`);
  }
  const [whole = "0"] = plain.split(".");
  const amount = parseUnits(fraction === "" ? whole : `${whole}.${fraction}`, decimals);
  if (amount > MOST_UINT120) throw new UnitError(`"${text}" is too large an ${what}: at most 2^120 - 1 base units`);
  return amount;
}

/** Base units -> "1,234.50": exact, grouped, with at least two decimals where the token has them. */
export function formatAmount(amount: bigint, decimals: number): string {
  const [whole = "0", fraction = ""] = formatUnits(amount < 0n ? -amount : amount, decimals).split(".");
  const digits = fraction.replace(/0+$/, "").padEnd(Math.min(2, decimals), "0");
  return `${amount < 0n ? "-" : ""}${group(whole)}${digits === "" ? "" : `.${digits}`}`;
}

/** Base units -> "1234.5": exact and without grouping, as `parseAmount` reads it. */
export function plainAmount(amount: bigint, decimals: number): string {
  return formatUnits(amount, decimals).replace(/\.0$/, "");
}

function group(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ",");
}

// --------------------------------------------------------------------------------------------------- prices

/** Periods that a price can be per, in seconds. Months are missing on purpose: they differ in length. */
const PERIODS: Readonly<Record<string, bigint>> = {
  s: 1n,
  sec: 1n,
  second: 1n,
  min: 60n,
  minute: 60n,
  h: 3_600n,
  hr: 3_600n,
  hour: 3_600n,
  d: 86_400n,
  day: 86_400n,
  w: 604_800n,
  week: 604_800n,
};

/** A price as a person wrote it: `numerator / denominator` whole tokens per second, exactly. */
export interface Price {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** "0.42/h", "10/day", "0.0001/s" or "10 per day" -> an exact price. */
export function parsePrice(text: string): Price {
  const [, number = "", period = ""] = /^\s*([^/\s]+)\s*(?:\/|\sper\s)\s*([a-z]+)\s*$/i.exec(text) ?? [];
  const name = period.toLowerCase();
  if (/^(m|mo|month|y|yr|year)s?$/.test(name)) {
    throw new UnitError(
      `"${text}" is no price: months and years differ in length, and "m" could mean minutes: use /h or /day`,
    );
  }
  const seconds = Object.hasOwn(PERIODS, name) ? PERIODS[name] : undefined;
  const [, whole, fraction = ""] = DECIMAL.exec(number) ?? [];
  if (seconds === undefined || whole === undefined || number.length > 100) {
    throw new UnitError(`"${text}" is no price: write an amount per s, min, h, day or week, as in 0.42/h or 10/day`);
  }
  return { numerator: BigInt(whole + fraction), denominator: 10n ** BigInt(fraction.length) * seconds };
}

/**
 * A price -> base units per second times 2^32, rounded up, for providers and tenants alike: "0.42/h" accepts "0.42/h".
 *
 * Up, because the market rounds what is earned down. What rounding up adds is less than one base unit for 2^32
 * unit-seconds, so what was written comes out: an hour at 0.42/h bills 0.42, where a price rounded down would bill
 * 0.419999, and an hour at 0.001/h in six decimals would miss by 0.1 %. Above 2^32 unit-seconds (136 years of one unit,
 * 50 days of a thousand) it may bill one base unit more for each. A lease locks at most one base unit more on top, and
 * the tenant gets that back.
 */
export function priceToX32Up({ numerator, denominator }: Price, decimals: number): bigint {
  const x32 = (numerator * 10n ** BigInt(decimals) * X32 + denominator - 1n) / denominator;
  if (x32 > MOST_UINT128) throw new UnitError("The price is too high: it does not fit 128 bits");
  return x32;
}

const SIGNIFICANT_DIGITS = 8;

/**
 * Base units per second times 2^32 -> "0.42/h", rounded to the nearest number of eight digits, so that what a person
 * wrote with fewer reads back the same.
 */
export function formatPriceNearest(x32: bigint, decimals: number, period: "s" | "h" | "day" = "h"): string {
  const numerator = x32 * (PERIODS[period] ?? 1n);
  const denominator = X32 * 10n ** BigInt(decimals);
  // Digits behind the point until eight count: none of a number of eight digits, more for a small one.
  let scale = 0;
  while (
    scale < 60 &&
    numerator !== 0n &&
    (numerator * 10n ** BigInt(scale)) / denominator < 10n ** BigInt(SIGNIFICANT_DIGITS - 1)
  ) {
    scale += 1;
  }
  const rounded = (2n * numerator * 10n ** BigInt(scale) + denominator) / (2n * denominator);
  return `${formatAmount(rounded, scale).replace(/\.00$/, "")}/${period}`;
}

/**
 * What a lease at `rateX32` over `seconds` locks for its price, rounded up as the market does.
 * @param fraction of a base unit that it had earned before and that was not paid, times 2^32.
 */
export function costUp(rateX32: bigint, seconds: number, fraction = 0n): bigint {
  return (rateX32 * BigInt(seconds) + fraction + X32 - 1n) / X32;
}

// ------------------------------------------------------------------------------------------------ durations

const DURATION_UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, min: 60, h: 3_600, d: 86_400, w: 604_800 };

/** "90m", "1h", "1h30m", "7d" -> whole seconds, at most 2^32 - 1. */
export function parseDuration(text: string): number {
  const parts = [...text.trim().matchAll(/\s*(\d{1,10})\s*(s|min|m|h|d|w)(?![a-z])/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== text.trim()) {
    const hint = /^\d+$/.test(text.trim()) ? `say the unit, as in ${text.trim()}s` : "write 90s, 45m, 1h30m, 7d or 2w";
    throw new UnitError(`"${text}" is no duration: ${hint}`);
  }
  const seconds = parts.reduce((sum, [, count, unit]) => sum + Number(count) * (DURATION_UNITS[unit ?? ""] ?? NaN), 0);
  if (seconds > MOST_UINT32) throw new UnitError(`"${text}" is too long: at most ${MOST_UINT32} seconds (136 years)`);
  return seconds;
}

/** Seconds -> "1h 30m": exact, without zero parts. */
export function formatDuration(seconds: number | bigint): string {
  let left = Math.abs(Number(seconds));
  const parts: string[] = [];
  for (const [unit, size] of [
    ["d", 86_400],
    ["h", 3_600],
    ["m", 60],
    ["s", 1],
  ] as const) {
    if (left >= size) parts.push(`${Math.floor(left / size)}${unit}`);
    left %= size;
  }
  return parts.length === 0 ? "0s" : `${Number(seconds) < 0 ? "-" : ""}${parts.join(" ")}`;
}

/** Unix seconds -> "2026-11-21 03:00:00 UTC". */
export function formatInstant(seconds: number | bigint): string {
  const milliseconds = Number(seconds) * 1_000;
  // Beyond what a calendar reaches, the number itself says most.
  if (milliseconds > 8.64e15) return `second ${seconds}`;
  return `${new Date(milliseconds).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** Basis points -> "2.5 %". */
export function formatBps(bps: number | bigint): string {
  return `${Number(bps) / 100} %`;
}
