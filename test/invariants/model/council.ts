import { ZeroAddress } from "ethers";

import { refuse } from "./plain";
import type { Touch } from "./tokens";

interface Move {
  readonly second: bigint;
  readonly member: string;
  readonly seated: boolean;
}

/** Who has a seat, and who had one at the end of which second: every move there was. */
export class CouncilModel {
  readonly #moves: Move[];

  constructor(
    members: readonly { member: string; since: bigint }[],
    private readonly touch: Touch,
  ) {
    this.#moves = members.map(({ member, since }) => ({ second: since, member, seated: true }));
  }

  /** The members at the end of a second. */
  at(second: bigint): Set<string> {
    const members = new Set<string>();
    for (const move of this.#moves) {
      if (move.second > second) continue;
      if (move.seated) members.add(move.member);
      else members.delete(move.member);
    }
    return members;
  }

  get members(): string[] {
    return [...this.at(this.#moves.at(-1)?.second ?? 0n)];
  }

  /** The second of the seating that holds; 0: none does. */
  seatedSince(member: string): bigint {
    const last = this.#moves.findLast((move) => move.member === member);
    return last?.seated ? last.second : 0n;
  }

  eligibleAt(second: bigint, parties: readonly string[]): string[] {
    return [...this.at(second)].filter((member) => !parties.includes(member));
  }

  seat(member: string, now: bigint): void {
    if (member === ZeroAddress) refuse("CouncilZeroMember");
    if (this.members.includes(member)) refuse("CouncilAlreadySeated", member);
    this.#move({ second: now, member, seated: true });
  }

  unseat(member: string, now: bigint): void {
    if (!this.members.includes(member)) refuse("CouncilNotSeated", member);
    this.#move({ second: now, member, seated: false });
  }

  #move(move: Move): void {
    this.#moves.push(move);
    this.touch("seat", move.member);
    this.touch("seats");
  }
}
