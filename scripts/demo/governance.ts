import type { ChainClock } from "./node";
import { mined, type Person, type World } from "./world";

/** One call that a proposal makes; it pays nothing. */
export interface Call {
  readonly to: string;
  readonly data: string;
}

const SUPPORT = { against: 0, for: 1 } as const;

/** A proposal on its way; each step first lets as much time pass as the governor wants. */
export class Proposal {
  private constructor(
    private readonly world: World,
    private readonly clock: ChainClock,
    private readonly by: Person,
    private readonly id: bigint,
  ) {}

  /** Proposes; `by` needs the threshold in votes. */
  static async make(
    world: World,
    clock: ChainClock,
    by: Person,
    calls: readonly Call[],
    title: string,
  ): Promise<Proposal> {
    const governor = world.contracts.governor.connect(world.people[by]);
    const [targets, values, data] = [calls.map(({ to }) => to), calls.map(() => 0n), calls.map((call) => call.data)];
    const id = await governor.propose.staticCall(targets, values, data, title);
    await mined(governor.propose(targets, values, data, title));
    return new Proposal(world, clock, by, id);
  }

  async vote(how: keyof typeof SUPPORT, voters: readonly Person[]): Promise<void> {
    const { governor } = this.world.contracts;
    await this.clock.reach(Number(await governor.proposalSnapshot(this.id)) + 1);
    for (const voter of voters) {
      await mined(governor.connect(this.world.people[voter]).castVote(this.id, SUPPORT[how]));
    }
  }

  /** Wei of HOLD for and against. */
  async tally(): Promise<{ forVotes: bigint; againstVotes: bigint }> {
    const { forVotes, againstVotes } = await this.world.contracts.governor.proposalVotes(this.id);
    return { forVotes, againstVotes };
  }

  /** Returns the second from which on it can be executed. */
  async queue(): Promise<number> {
    const governor = this.world.contracts.governor.connect(this.world.people[this.by]);
    await this.clock.reach(Number(await governor.proposalDeadline(this.id)) + 1);
    await mined(governor["queue(uint256)"](this.id));
    return Number(await governor.proposalEta(this.id));
  }

  /** Returns the second in which it was carried out. */
  async execute(): Promise<number> {
    const governor = this.world.contracts.governor.connect(this.world.people[this.by]);
    await this.clock.reach(Number(await governor.proposalEta(this.id)));
    return await mined(governor["execute(uint256)"](this.id));
  }
}
