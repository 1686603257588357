import type { Duty } from "../core/duties";
import type { ChainState } from "../store/chainState";

/**
 * The duties that a pass looks at, of any number that are due: half of its room for those due longest, a quarter for those
 * that fell due last, and a quarter that goes on from pass to pass through all that are between. So whatever cannot be done
 * leaves room for what can, and everything is looked at in the end.
 */
export class DutyPages {
  /** The last one that was looked at between the others. */
  private cursor: Pick<Duty, "dueAt" | "key"> | undefined;

  constructor(
    private readonly state: Pick<ChainState, "due" | "dueLast">,
    private readonly room: number,
  ) {}

  async next(now: number): Promise<readonly Duty[]> {
    const { state, room } = this;
    const quarter = Math.floor(room / 4);
    const longest = await state.due(now, room);
    if (longest.length < room) return longest;
    const first = longest.slice(0, room - 2 * quarter);
    const edge = first.at(-1);
    const from = isAfter(this.cursor, edge) ? this.cursor : edge;
    const between = await state.due(now, quarter, from);
    this.cursor = between.length < quarter ? undefined : between.at(-1);
    const last = await state.dueLast(now, quarter);
    return [...new Map([...first, ...between, ...last].map((duty) => [duty.key, duty])).values()];
  }
}

type Place = Pick<Duty, "dueAt" | "key"> | undefined;

function isAfter(one: Place, other: Place): boolean {
  if (one === undefined || other === undefined) return false;
  return one.dueAt > other.dueAt || (one.dueAt === other.dueAt && one.key > other.key);
}
