import { nextMoment } from "./clock";
import type { Command } from "./commands";
import { Dice } from "./dice";
import { drain } from "./drain";
import type { Table } from "./choices/table";
import { isReckless } from "./honest";
import { choiceOf, type Kind } from "./kinds";
import { opportunitiesOf } from "./opportunities";
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
/** Calls of the prologue in a block. */
const OPENING = 8;
/** Percent of groups after which a lease that grew is shrunk in the same second. */
const AT_ONCE = 75;
/** A call that an honest key would not make is made up again so often. */
const ATTEMPTS = 4;
/** Percent of the steps before which those report who were not seen lately. */
const REPORTED = 60;
/** Percent of the steps that seize an opportunity, if there is one. */
const OPPORTUNE = 30;
/** Steps between two comparisons of everything. */
const FULL = 100;

/** Plays the steps on a fresh stage, then lets everybody leave, and looks on after both; the failure, if there is one. */
export async function run(steps: readonly Step[], numbers: Numbers, look?: Look): Promise<Failure | undefined> {
  const play = await Play.begin(numbers);
  let index = 0;
  try {
    const dice = new Dice([index]);
    const first = prologue(play.world, play.cast, play.commands);
    while (first.length > 0) {
      const makers = first.splice(0, OPENING).map((command) => (): Command => command);
      const refusals = await play.step(makers, play.world.now + 1n, dice);
      const refusal = refusals.find((one) => one !== undefined);
      if (refusal !== undefined) throw new Error(`The prologue is refused: ${refusal.message}`);
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
  const { second, kind } = nextMoment(first, world, cast);
  const stale = cast.providers.filter((provider) => !world.liveness.isFresh(provider, second));
  if (stale.length > 0 && second > world.now + 1n && first.chance(REPORTED))
    await beat(play, stale, second - 1n, first);
  const makers = group.map((step, index) => async (): Promise<Command> => {
    const dice = index === 0 ? first : new Dice(step.numbers);
    const table = { world, cast, commands, dice };
    const chance = dice.chance(OPPORTUNE) ? dice.oneOf(opportunitiesOf(table)) : undefined;
    const chosen = (index === 0 ? kind : undefined) ?? chance ?? step.kind;
    return sensible(table, chosen);
  });
  const shrink = first.chance(AT_ONCE);
  const afterwards = (): Command | undefined | Promise<Command | undefined> =>
    shrink ? choiceOf("shrinkAtOnce")({ world, cast, commands, dice: first }) : undefined;
  await play.step([...makers, afterwards], second, first);
}

/** A call of a kind that its caller would make. */
async function sensible(table: Table, kind: Kind): Promise<Command> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const command = await choiceOf(attempt === 0 ? kind : table.dice.pick([kind, "open"]))(table);
    if (command !== undefined && !isReckless(command.call, table.cast)) return command;
  }
  return (await choiceOf("heartbeat")(table))!;
}

/** When time has passed most operators report, so that not every story is about the dark. */
async function beat(play: Play, stale: readonly string[], second: bigint, dice: Dice): Promise<void> {
  const { world, cast, commands } = play;
  const seen = stale.filter(() => dice.chance(80));
  const beats = (seen.length > 0 ? seen : stale).map((provider) => (): Command => {
    const operator = world.liveness.operatorOf(provider);
    if (cast.everybody.includes(operator)) return commands.heartbeat(operator, provider);
    return commands.setOperator(provider, provider);
  });
  await play.step(beats, second, dice);
}
