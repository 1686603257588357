import type { World } from "../../model/world";
import type { Cast } from "../cast";
import type { Command, Commands } from "../commands";
import type { Dice } from "../dice";

/** What a choice is made of: the world at the second of the step, and dice. */
export interface Table {
  world: World;
  cast: Cast;
  commands: Commands;
  dice: Dice;
}

/** Makes up a call of one kind, whether it will succeed or not; nothing where none makes sense yet: a lease is opened then. */
export type Choice = (table: Table) => Command | undefined | Promise<Command | undefined>;

/** Lease ids that mean nothing. */
const NONSENSE = [0n, 1n, 2n ** 32n, 2n ** 32n * 1_000n + 1n, 2n ** 96n - 1n];

/** Ids for a batch: mostly of leases that the call is about, now and then of others, twice the same, or nonsense. */
export function batchOf({ world, dice }: Table, fitting: readonly bigint[], mostOf: number): bigint[] {
  if (dice.chance(2)) return [];
  const all = [...world.leases.all.keys()];
  const ids = fitting.length > 0 ? dice.some(fitting, mostOf) : [];
  if (ids.length === 0 || dice.chance(20)) ids.push(...dice.some(all, 2));
  if (dice.chance(10)) ids.push(dice.pick(NONSENSE));
  return ids;
}

/** Whom a call names: anybody with a key, now and then one of our own contracts. */
export const anyAccount = ({ cast, dice }: Table): string =>
  dice.chance(85) ? dice.pick(cast.everybody) : dice.pick(cast.houses);

/** One id: mostly a fitting one. */
export const idOf = ({ world, dice }: Table, fitting: readonly bigint[]): bigint =>
  dice.rather(fitting, [...world.leases.all.keys(), dice.pick(NONSENSE)], 92);
