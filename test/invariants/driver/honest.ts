import type { Plain } from "../model/plain";
import type { Cast } from "./cast";
import type { Call } from "./chain";

/** What only modules, and lockers of HOLD, do. */
const BY_MODULES = [
  ...["lock", "lockFor", "tryLockAndPay", "moveLock", "settle", "unlock", "seize"],
  ...["tryReserve", "release", "penalise", "add"],
];

/**
 * Whether a key that is honest would not make a call: it gives nothing away, lets nobody but our contracts spend or hold what
 * it has, and names the disputes as the slashing module of its offers.
 */
export function isReckless({ by, to, fn, args }: Call, cast: Cast): boolean {
  if (!cast.honest.includes(by)) return false;
  const { market, disputes, staking, vault } = cast;
  const [first, second, third] = args;
  const trusted = (account: Plain | undefined): boolean => account === market || account === disputes;
  switch (fn) {
    case "approve":
      return ![staking, disputes, vault, cast.escrow].includes(first as string);
    case "approveModule":
      return second !== market;
    case "bond":
    case "cancelUnbonding":
      return !trusted(first);
    case "moveBond":
      return !trusted(second);
    case "deposit":
      return second !== by;
    case "withdraw":
      return to === cast.escrow && second !== by;
    case "redeem":
    case "claimPenalties":
      return second !== by;
    case "collectFee":
      return third !== by;
    case "createOffer":
      return (first as { slasher: string }).slasher !== disputes;
    case "transfer":
    case "transferFrom":
    case "bondFor":
    case "offerTransfer":
    case "extend":
      return true;
    default:
      return BY_MODULES.includes(fn);
  }
}
