import type { World } from "../model/world";
import type { Cast } from "./cast";
import type { Command } from "./commands";
import { Dice } from "./dice";
import { drain } from "./drain";
import { choiceOf, type Kind } from "./kinds";
import { type Numbers, Play } from "./play";
import { prologue } from "./prologue";

/** What fast-check draws for one step: what kind of call, and the numbers that decide the rest. */
export interface Step {
  kind: Kind;
  /** In the same block, and second, as the one before. */
  together: boolean;
  numbers: number[];
}

/** A run that broke something. */
export interface Failure {
  error: Error;
  /** Steps that were drawn before it broke. */
  steps: number;
  /** What happened until then. */
  lines: readonly string[];
}

/** Looks at what a run came to: when its steps are done, and when everybody has left. */
export type Look = (play: Play) => Promise<void>;

const MOST_TOGETHER = 3;
/** Steps between two comparisons of everything. */
const FULL = 60;
const HOUR = 3_600;
const DAY = 86_400;

/** Plays the steps on a fresh stage, then lets everybody leave, and looks on after both; the failure, if there is one. */
export async function run(steps: readonly Step[], numbers: Numbers, look?: Look): Promise<Failure | undefined> {
  const play = await Play.begin(numbers);
  let index = 0;
  try {
    const dice = new Dice([index]);
    for (const command of prologue(play.world, play.cast, play.commands)) {
      await play.step([() => command], play.world.now + 1n, dice);
    }
    while (index < steps.length) {
      const group = [steps[index]!];
      while (group.length < MOST_TOGETHER && steps[index + group.length]?.together)
        group.push(steps[index + group.length]!);
      await playSteps(play, group);
      if (Math.floor(index / FULL) !== Math.floor((index + group.length) / FULL)) await play.compareAll();
      index += group.length;
    }
    await play.compareAll();
    await look?.(play);
    await drain(play, new Dice(steps[0]?.numbers ?? [0]));
    await look?.(play);
    return undefined;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { error, steps: Math.min(index + MOST_TOGETHER, steps.length), lines: play.lines };
  }
}

async function playSteps(play: Play, group: readonly Step[]): Promise<void> {
  const { world, cast, commands } = play;
  const first = new Dice(group[0]!.numbers);
  const second = secondOf(first, world, cast);
  const makers = group.map((step, index) => async (): Promise<Command> => {
    const dice = index === 0 ? first : new Dice(step.numbers);
    const table = { world, cast, commands, dice };
    return (await choiceOf(step.kind)(table)) ?? (await choiceOf("open")(table))!;
  });
  await play.step(makers, second, first);
}

/** Mostly soon; often just before, at or just after a second at which something changes; now and then far away. */
function secondOf(dice: Dice, world: World, cast: Cast): bigint {
  const draw = dice.below(1_000);
  const next = world.now + 1n;
  if (draw < 700) return next;
  if (draw < 860) return next + BigInt(dice.below(60));
  if (draw < 970) {
    const edges = world.edges(cast.providers);
    const near = edges.filter((edge) => edge <= world.now + BigInt(HOUR)).slice(0, 6);
    const edge = dice.oneOf(dice.chance(95) ? near : edges) ?? next;
    const second = edge + BigInt(dice.below(3)) - 1n;
    return second > next ? second : next;
  }
  return next + BigInt(draw < 996 ? dice.below(HOUR) : dice.below(20 * DAY));
}
