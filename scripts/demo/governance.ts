import type { ChainClock } from "./node";
import { mined, type Person, type World } from "./world";

/** One call that a proposal makes; it pays nothing. */
export interface Call {
  readonly to: string;
  readonly data: string;
}

const FOR = 1;

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

  async voteFor(voters: readonly Person[]): Promise<void> {
    const { governor } = this.world.contracts;
    await this.clock.reach(Number(await governor.proposalSnapshot(this.id)) + 1);
    for (const voter of voters) await mined(governor.connect(this.world.people[voter]).castVote(this.id, FOR));
  }

  async queue(): Promise<void> {
    const governor = this.world.contracts.governor.connect(this.world.people[this.by]);
    await this.clock.reach(Number(await governor.proposalDeadline(this.id)) + 1);
    await mined(governor["queue(uint256)"](this.id));
  }

  async execute(): Promise<void> {
    const governor = this.world.contracts.governor.connect(this.world.people[this.by]);
    await this.clock.reach(Number(await governor.proposalEta(this.id)));
    await mined(governor["execute(uint256)"](this.id));
  }
}
