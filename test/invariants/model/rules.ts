import { ZeroAddress } from "ethers";

import { least, most, refuse } from "./plain";

const MILLIONTH = 10n ** 12n;

/** What disputes are filed under: amounts in millionths of a HOLD, fractions in basis points. */
export interface Rules {
  appealAuthority: string;
  bondFloor: bigint;
  filingFee: bigint;
  treasury: string;
  unservedBps: bigint;
  shortOfTermsBps: bigint;
  dataLostBps: bigint;
  dataExposedBps: bigint;
}

const FRACTIONS = ["unservedBps", "shortOfTermsBps", "dataLostBps", "dataExposedBps"] as const;

/** Basis points of the collateral that a fault of a class costs. */
export const fractionOf = (rules: Rules, faultClass: bigint): bigint => rules[FRACTIONS[Number(faultClass)]!];

/** A tenth of a collateral, rounded up to millionths of a HOLD, at least the floor, at most all of it; wei. */
export function bondOf({ bondFloor }: Rules, collateral: bigint): bigint {
  const units = collateral / MILLIONTH;
  return least(units, most((units + 9n) / 10n, bondFloor)) * MILLIONTH;
}

/** Wei. */
export const feeOf = ({ filingFee }: Rules): bigint => filingFee * MILLIONTH;

/** Refuses rules that leave their bounds, or whose treasury could never spend what it gets. */
export function requireSound(rules: Rules, unfit: readonly string[]): void {
  if (rules.appealAuthority === ZeroAddress) refuse("DisputesZeroAddress");
  const { treasury } = rules;
  if (treasury === ZeroAddress || unfit.includes(treasury)) refuse("DisputesInvalidTreasury", treasury);
  for (const name of FRACTIONS) requireWithin(name, rules[name], 100n, 10_000n);
  requireWithin("bondFloor", rules.bondFloor, 0n, 10n ** 10n);
  requireWithin("filingFee", rules.filingFee, 0n, rules.bondFloor);
}

function requireWithin(name: string, value: bigint, lowest: bigint, highest: bigint): void {
  if (value < lowest || value > highest) refuse("DisputesRuleOutOfBounds", name, value, lowest, highest);
}
