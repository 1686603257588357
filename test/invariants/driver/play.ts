import { Broken, type PromiseId } from "../promises/broken";
import type { Scene } from "../promises/checks";
import { checkDisputes } from "../promises/disputes";
import { checkEscrow } from "../promises/escrow";
import { History } from "../promises/history";
import { checkInterests } from "../promises/interests";
import { LeaseChecks } from "../promises/leases";
import { LivenessChecks } from "../promises/liveness";
import { Mirror } from "../promises/mirror";
import { checkOperators } from "../promises/operators";
import { RecordChecks } from "../promises/records";
import { checkStaking } from "../promises/staking";
import { PoolChecks } from "../promises/tokens";
import { formatLeaseId } from "../../../sdk/ids";
import { LeaseStatus } from "../../helpers/leases";
import { claimantOf, leaseOf } from "../model/disputes";
import { Refusal, textOf } from "../model/plain";
import type { World } from "../model/world";
import type { Cast } from "./cast";
import type { Call, Chain, Outcome } from "./chain";
import { type Command, type Commands, commandsOf } from "./commands";
import { type Dice } from "./dice";
import { allKeys, ask, factOf } from "./facts";
import { setStage } from "./stage";

/** Facts that are compared after each step although nothing should have changed them. */
const SAMPLES = 4;

/** What a run was about, in numbers. */
export interface Numbers {
  steps: number;
  facts: number;
  /** Times that each promise was put to the test. */
  checks: Map<PromiseId, number>;
  /** Calls that went through, by function, and calls that were refused, by function and error. */
  done: Map<string, number>;
  refused: Map<string, number>;
  /** Custom errors that calls were refused with. */
  errors: Map<string, number>;
  /** Reasons for which candidates did not fit. */
  misfits: Map<bigint, number>;
  /** Reasons for which leases ended. */
  endings: Map<bigint, number>;
  /** What happened that shows in no error; see `World.met`. */
  met: Map<string, number>;
}

export const noNumbers = (): Numbers => ({
  steps: 0,
  facts: 0,
  checks: new Map(),
  done: new Map(),
  refused: new Map(),
  errors: new Map(),
  misfits: new Map(),
  endings: new Map(),
  met: new Map(),
});

const bump = <K>(counts: Map<K, number>, key: K, by = 1): void => {
  counts.set(key, (counts.get(key) ?? 0) + by);
};

/** The chain and the model side by side: each call is made on both, and everything that it touched is compared. */
export class Play {
  readonly commands: Commands;
  /** What happened, a line for each call. */
  readonly lines: string[] = [];
  readonly #mirror = new Mirror();
  readonly #history: History;
  readonly #recordChecks = new RecordChecks();
  readonly #leaseChecks = new LeaseChecks();
  readonly #livenessChecks: LivenessChecks;
  readonly #poolChecks = new PoolChecks();
  /** Wallets of the honest at the beginning. */
  readonly #before = new Map<string, bigint>();

  private constructor(
    readonly chain: Chain,
    readonly world: World,
    readonly cast: Cast,
    private readonly numbers: Numbers,
  ) {
    this.commands = commandsOf(cast);
    const { staking, disputes, vault } = cast;
    this.#history = new History(world.liveness.grace, world.setting.outageAllowance, {
      accounts: cast.honest,
      payees: [staking, disputes, vault],
    });
    this.#livenessChecks = new LivenessChecks(chain);
  }

  /** A fresh stage, compared in full. */
  static async begin(numbers: Numbers): Promise<Play> {
    const { chain, world, cast } = await setStage();
    const play = new Play(chain, world, cast, numbers);
    for (const event of await chain.eventsSince(0)) {
      play.#history.add([event], { ...play.#source(), now: event.second, hooked: false });
    }
    await play.compareAll();
    for (const token of cast.tokens) {
      for (const account of cast.honest) {
        const key = `wallet/${token}/${account}`;
        play.#before.set(key, play.amount(key));
      }
    }
    return play;
  }

  /**
   * Makes calls in one block of that second, on both sides; each is made up when the ones before it are done, or not at all.
   * Returns the refusals of those that were made.
   */
  async step(
    makers: readonly (() => Command | undefined | Promise<Command | undefined>)[],
    second: bigint,
    dice: Dice,
  ): Promise<(Refusal | undefined)[]> {
    const { world, chain, cast, numbers } = this;
    const gap = second - world.now;
    world.now = second;
    world.touched.clear();
    const commands: Command[] = [];
    const expected: (Refusal | undefined)[] = [];
    for (const [index, make] of makers.entries()) {
      const command = await make();
      if (command === undefined) continue;
      const refusal = this.#predict(command);
      commands.push(command);
      expected.push(refusal);
      this.lines.push(this.#inWords(command.call, index === 0 ? `+${gap} s` : "  same second", refusal));
    }
    if (commands.length === 0) throw new Error("A step without a call: one of its makers must make one");
    const calls = commands.map(({ call }) => call);
    const together = calls.length > 1;
    const outcomes = together ? await chain.sendTogether(calls, second) : [await chain.send(calls[0]!, second)];
    const surprises = calls.map((call, index) => this.#surprise(call, expected[index], outcomes[index]!, together));
    const surprise = surprises.find((one) => one !== undefined);
    // What the chain refused breaks no promise by itself, but for what it must let somebody do.
    if (surprise !== undefined && !outcomes[surprises.indexOf(surprise)]!.ok) {
      throw this.#brokenBy(calls, outcomes, second) ?? surprise;
    }
    numbers.steps += commands.length;

    const everything = allKeys(world, cast);
    // Where a call did what the model does not know of, anything may have changed.
    const keys = new Set(surprise === undefined ? world.touched : everything);
    for (let sample = 0; sample < SAMPLES; sample++) keys.add(dice.pick(everything));
    const running = dice.oneOf(world.leases.withStatus(LeaseStatus.Active));
    if (running !== undefined) keys.add(`view/${running.id}`);
    const offer = dice.oneOf(world.offers.all);
    if (offer !== undefined) keys.add(`renewalPrice/${offer.id}`);
    const dispute = dice.oneOf([...world.disputes.all.keys()]);
    if (dispute !== undefined) keys.add(`disputeView/${dispute}`);
    for (const token of cast.tokens) keys.add(`wallet/${token}/${cast.escrow}`);
    keys.add(`wallet/${cast.hold}/${cast.disputes}`);
    for (const [what, times] of world.met) bump(numbers.met, what, times);
    world.met.clear();
    const { changed, difference } = await this.#compare([...keys]);
    // A broken promise says more than an outcome or a value that the model has otherwise.
    try {
      this.#remember(calls, outcomes, second);
      await this.#keepPromises(commands, outcomes, changed, [...keys], dice);
    } catch (error) {
      if (surprise === undefined || error instanceof Broken) throw error;
    }
    const worst = surprise ?? difference;
    if (worst !== undefined) throw worst;
    return expected;
  }

  /** The promise that calls broke, as far as their events tell. */
  #brokenBy(calls: readonly Call[], outcomes: readonly Outcome[], second: bigint): Broken | undefined {
    try {
      this.#remember(calls, outcomes, second);
      return undefined;
    } catch (error) {
      return error instanceof Broken ? error : undefined;
    }
  }

  /** Takes in what events tell. */
  #remember(calls: readonly Call[], outcomes: readonly Outcome[], second: bigint): void {
    const { cast, numbers } = this;
    for (const [index, outcome] of outcomes.entries()) {
      const { by, fn, args } = calls[index]!;
      if (fn === "proposeAppeal") {
        this.count("INV-DSP-5");
        if (!outcome.ok) this.#history.appeals.checkRefused(by, args, outcome.error, second);
      }
      if (!outcome.ok) continue;
      const hooked = by === cast.orders;
      this.#history.add(outcome.logs, { ...this.#source(), now: second, hooked });
      for (const { name, args } of outcome.logs) {
        if ("reason" in args) bump(numbers.endings, args["reason"] as bigint);
        if (!hooked && (name === "LeaseRenewed" || name === "OrderFailedOver")) this.count("INV-ORD-1");
      }
    }
  }

  /** Compares everything there is. */
  async compareAll(): Promise<void> {
    const { difference } = await this.#compare(allKeys(this.world, this.cast));
    if (difference !== undefined) throw difference;
  }

  /** When everybody has left: those who were honest have what is fair. */
  checkInterests(): void {
    checkInterests(this.#mirror, this.#history, this.cast, this.#before);
    this.count("INV-LSE-8");
  }

  /** Where a closing scene went wrong: what stays behind. */
  amount(key: string): bigint {
    return this.#mirror.amount(key);
  }

  count(promise: PromiseId, times = 1): void {
    bump(this.numbers.checks, promise, times);
  }

  // ------------------------------------------------------------------------------------------------- internal

  #source(): { market: string; hold: string; disputes: string } {
    const { market, hold, disputes } = this.cast;
    return { market, hold, disputes };
  }

  #predict(command: Command): Refusal | undefined {
    const touched = this.world.touched.size;
    try {
      command.predict(this.world);
      return undefined;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (this.world.touched.size !== touched)
        throw new Error(`The model did half of ${command.call.fn}: ${error.message}`);
      return error;
    }
  }

  /** The difference between what became of a call and what the model says, if there is one. */
  #surprise(call: Call, expected: Refusal | undefined, outcome: Outcome, together: boolean): Broken | undefined {
    const name = `${this.cast.nameOf(call.to)}.${call.fn}`;
    if (expected === undefined) bump(this.numbers.done, name);
    else bump(this.numbers.refused, `${name} with ${expected.error}`);
    const wanted = expected === undefined ? "success" : this.#named(expected.message);
    const got = outcome.ok ? "success" : this.#named(`${outcome.error}${textOf(outcome.args)}`);
    // Of calls that share a block, only the status is known.
    if (together ? outcome.ok !== (expected === undefined) : wanted !== got) {
      return new Broken("CALLS", `the model says ${wanted}, the chain ${got}`);
    }
    if (expected === undefined || together) return undefined;
    bump(this.numbers.errors, expected.error);
    if (expected.error !== "MarketNoOfferFits") return undefined;
    for (const misfit of expected.args[0] as { reason: bigint }[]) bump(this.numbers.misfits, misfit.reason);
    return undefined;
  }

  /** Reads facts; what they were before, and the first that is not as the model has it. */
  async #compare(keys: readonly string[]): Promise<{ changed: Scene["changed"]; difference: Broken | undefined }> {
    const changed = new Map<string, { before: bigint; after: bigint }>();
    let difference: Broken | undefined;
    const facts = keys.map((key) => factOf(key, this.world, this.cast));
    const answers = await ask(this.chain, facts);
    for (const [index, key] of keys.entries()) {
      const [fact, seen] = [facts[index]!, answers[index]!];
      const before = this.#mirror.get(key);
      if (typeof before === "bigint" && typeof seen === "bigint") changed.set(key, { before, after: seen });
      this.#mirror.set(key, seen);
      const [stored, modelled] = [textOf(seen), textOf(fact.expected)];
      if (stored === modelled) continue;
      difference ??= new Broken("STORAGE", this.#named(`${key} is\n  ${stored}, by the model\n  ${modelled}`));
    }
    this.numbers.facts += keys.length;
    return { changed, difference };
  }

  async #keepPromises(
    commands: readonly Command[],
    outcomes: readonly Outcome[],
    changed: Scene["changed"],
    keys: readonly string[],
    dice: Dice,
  ): Promise<void> {
    const scene: Scene = {
      mirror: this.#mirror,
      history: this.#history,
      cast: this.cast,
      now: this.world.now,
      grace: this.world.liveness.grace,
      calls: commands.map((command, index) => ({ command, outcome: outcomes[index]! })),
      changed,
      leases: keys.filter((key) => key.startsWith("lease/")),
      disputes: keys.flatMap((key) => (key.startsWith("disputeView/") ? [key.slice("disputeView/".length)] : [])),
      count: (promise, times = 1) => this.count(promise, times),
    };
    checkEscrow(scene);
    checkStaking(scene);
    checkDisputes(scene);
    checkOperators(scene);
    this.#poolChecks.check(scene);
    this.#recordChecks.check(scene);
    this.#leaseChecks.check(scene);
    await this.#livenessChecks.check(scene, dice);
  }

  #inWords({ by, to, fn, args }: Call, when: string, expected: Refusal | undefined): string {
    const list = args.map(textOf).join(", ");
    const end = expected === undefined ? "" : ` -> refused: ${expected.message}`;
    return this.#named(`${when}: ${by} calls ${to}.${fn}(${list})${end}`);
  }

  /** Names instead of addresses, 4-1 instead of the number of a lease, 4-1:tenantA instead of that of a dispute. */
  #named(text: string): string {
    return text
      .replace(/0x[0-9a-fA-F]{40}\b/g, (address) => this.cast.nameOf(address))
      .replace(/\b\d{10,}\b/g, (id) => this.#nameOf(BigInt(id)) ?? id);
  }

  #nameOf(id: bigint): string | undefined {
    if (this.world.leases.all.has(id)) return formatLeaseId(id);
    const leaseId = leaseOf(id);
    if (!this.world.leases.all.has(leaseId)) return undefined;
    return `${formatLeaseId(leaseId)}:${this.cast.nameOf(claimantOf(id))}`;
  }
}
