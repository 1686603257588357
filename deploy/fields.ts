import { formatUnits, getAddress, parseUnits, ZeroAddress } from "ethers";
import { z } from "zod";

import { parseDuration, UnitError } from "../sdk/units";

/** What a function of the shared units says about a text that it cannot read, as a fault of the file. */
function read<T>(context: z.core.$RefinementCtx, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof UnitError)) throw error;
    context.addIssue(error.message);
    return z.NEVER;
  }
}

/** `"30 min"` -> seconds, within bounds given in the same form. */
export function duration(description: string, least: string, most: string) {
  return z
    .string()
    .meta({ description: `${description} As "90 s", "30 min", "6 h", "14 d"; ${least} to ${most}.` })
    .transform((text, context) =>
      read(context, () => {
        const seconds = parseDuration(text);
        if (seconds < parseDuration(least) || seconds > parseDuration(most)) {
          context.addIssue(`"${text}" is out of bounds: ${least} to ${most}`);
        }
        return seconds;
      }),
    );
}

/** `"2.5 %"` -> basis points, `least` to `most`, a multiple of `step`. */
export function share(description: string, most: number, least = 0, step = 1) {
  const bounds = least === 0 ? `at most ${most / 100} %` : `${least / 100} % to ${most / 100} %`;
  return z
    .string()
    .meta({ description: `${description} Per cent, in steps of ${step / 100}; ${bounds}.` })
    .transform((text, context) => {
      const [, number] = /^(\d{1,3}(?:\.\d{1,2})?) ?%$/.exec(text) ?? [];
      if (number === undefined) {
        context.addIssue(`"${text}" is no share: write per cent with at most two decimals, as in "2.5 %"`);
        return z.NEVER;
      }
      const bps = Number(parseUnits(number, 2));
      if (bps < least || bps > most) context.addIssue(`"${text}" is out of bounds: ${bounds}`);
      if (bps % step !== 0) context.addIssue(`"${text}" is too fine: steps are ${step / 100} %`);
      return bps;
    });
}

const MOST_UINT32 = 2n ** 32n - 1n;
const MILLIONTHS = 1_000_000n;
const decimalNumber = /^\d+(?:\.\d+)?$/;

/** `"0.25"` HOLD -> 250000 millionths, in which the contracts count HOLD; a multiple of `step`, at most `most`. */
function millionths(description: string, step: bigint, most: bigint) {
  return z
    .string()
    .meta({ description })
    .transform((text, context) => {
      if (!decimalNumber.test(text)) {
        context.addIssue(`"${text}" is no amount of HOLD: write a decimal number, as in "0.25"`);
        return z.NEVER;
      }
      const [, decimals = ""] = text.split(".");
      const amount = decimals.length > 6 ? undefined : parseUnits(text, 6);
      if (amount === undefined || amount % step !== 0n) {
        context.addIssue(`"${text}" is too fine: steps are ${formatUnits(step, 6)} HOLD`);
        return z.NEVER;
      }
      if (amount > most) context.addIssue(`"${text}" is too much: at most ${formatUnits(most, 6)} HOLD`);
      return Number(amount);
    });
}

/** `"0.25"` HOLD per so-and-so -> weight as the contracts keep it. `per`: millionths of a HOLD in one. */
export function weight(description: string, per: bigint) {
  return millionths(description, per, MOST_UINT32 * per).transform((amount) => amount / Number(per));
}

/** `"0.25"` HOLD -> millionths of a HOLD; at most `most` HOLD. */
export function hold(description: string, most: bigint) {
  const bounds = `HOLD as a decimal number, in steps of 0.000001; at most ${most}.`;
  return millionths(`${description} ${bounds}`, 1n, most * MILLIONTHS);
}

/** An address: any case without a mixed one, else with a correct checksum; never zero. */
export function account(description: string) {
  return z
    .string()
    .meta({ description: `${description} An address, not zero.` })
    .transform((text, context) => {
      if (!/^0x[0-9a-fA-F]{40}$/.test(text)) {
        context.addIssue(`"${text}" is no address: write 0x and 40 hexadecimal digits`);
        return z.NEVER;
      }
      if (text === ZeroAddress) {
        context.addIssue("is still the zero address: fill it in");
        return z.NEVER;
      }
      try {
        return getAddress(text);
      } catch {
        context.addIssue(`"${text}" has a wrong checksum: a digit is mistyped, or letters changed case`);
        return z.NEVER;
      }
    });
}

/** `"50 gwei"` -> wei. */
export const gwei = z
  .string()
  .meta({ description: 'Highest fee per gas that is ever offered, as in "50 gwei". Left out: no limit.' })
  .transform((text, context) => {
    const [, number] = /^(\d+(?:\.\d{1,9})?) ?gwei$/.exec(text) ?? [];
    if (number !== undefined) return parseUnits(number, "gwei");
    context.addIssue(`"${text}" is no fee: write a number and gwei, as in "50 gwei"`);
    return z.NEVER;
  });
