import { ZeroAddress } from "ethers";

import type { Weights } from "../../../helpers/money";
import { DEFAULT_WEIGHTS } from "../../../helpers/parameters";
import type { Choice, Table } from "./table";

const HOUR = 3_600n;
const DAY = 86_400n;

export const publishTerms: Choice = (table) => {
  const { cast, commands, dice } = table;
  const odd = dice.chance(18) ? dice.below(7) : -1;
  const within = (index: number, lowest: bigint, highest: bigint): bigint =>
    index === odd
      ? index === 6
        ? 366n * DAY
        : highest + 1n
      : dice.pick([lowest, highest, dice.between(lowest, highest)]);
  const terms = {
    treasury:
      odd === 0
        ? dice.pick([ZeroAddress, ...cast.houses, cast.hold])
        : dice.pick([cast.address.admin, dice.pick(cast.everybody)]),
    feeBps: within(1, 0n, 1_000n),
    toleranceBps: within(2, 0n, 1_000n),
    noShowBps: within(3, 0n, 2_500n),
    noticePeriod: odd === 4 ? 30n * DAY + 1n : dice.pick([HOUR, HOUR, 2n * HOUR, 30n * DAY]),
    creditPeriod: within(6, DAY, dice.pick([2n * DAY, 365n * DAY])),
    activationWindow: odd === 5 ? DAY + 1n : dice.pick([300n, 900n, HOUR, dice.between(300n, DAY)]),
  };
  return commands.publishTerms(dice.rather([cast.address.admin], cast.everybody, 95), terms, weightsOf(table));
};

function weightsOf({ dice }: Table): Weights {
  const scale = dice.pick([0n, 1n, 100n, 100n, dice.between(1n, 300n)]);
  const scaled = Object.entries(DEFAULT_WEIGHTS).map(([name, weight]) => [name, (weight * scale) / 100n]);
  return Object.fromEntries(scaled) as Weights;
}

export const listToken: Choice = ({ world, cast, commands, dice }) => {
  const delisted = cast.tokens.filter((token) => !world.parameters.tokenTerms(token).listed);
  const token = dice.rather(delisted, cast.tokens, 90);
  const cent = token === cast.tokens[0] ? 10n ** 4n : 10n ** 16n;
  const minimumLock = dice.pick([0n, 10n * cent, dice.between(1n, 100n * cent)]);
  const bounty = dice.amount(minimumLock);
  return commands.listToken(dice.rather([cast.address.admin], cast.everybody, 95), token, minimumLock, bounty);
};

export const delistToken: Choice = ({ cast, commands, dice }) =>
  commands.delistToken(dice.rather([cast.address.admin], cast.everybody, 90), dice.pick(cast.tokens));

export const pauseEntries: Choice = ({ cast, commands, dice }) => {
  const duration = dice.pick([0n, 60n, 600n, HOUR, 7n * DAY + 1n]);
  return commands.pauseEntries(dice.rather([cast.address.dot], cast.everybody, 90), duration);
};
