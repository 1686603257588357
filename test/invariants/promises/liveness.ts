import type { Chain } from "../driver/chain";
import type { Dice } from "../driver/dice";
import { darkSeconds } from "../model/liveness";
import { Broken } from "./broken";
import type { Scene } from "./checks";

const MOST_QUESTIONS = 200;

interface Question {
  provider: string;
  instant: bigint;
  answer: bigint;
}

/** INV-LIV-1: asks for the dark seconds until random past moments, again and again. */
export class LivenessChecks {
  readonly #asked: Question[] = [];

  constructor(private readonly chain: Chain) {}

  async check({ history, cast, now, grace, count }: Scene, dice: Dice): Promise<void> {
    const provider = dice.pick(cast.providers);
    const heartbeats = history.heartbeats.get(provider) ?? [];
    const [first] = heartbeats;
    if (first === undefined) return;
    const edges = [...heartbeats, ...heartbeats.map((seen) => seen + grace)].filter((edge) => edge <= now);
    const instant = dice.chance(60) ? dice.pick(edges) : dice.between(first, now);
    const answer = await this.#ask(cast.liveness, provider, instant);
    const expected = darkSeconds(heartbeats, grace, first, instant);
    if (answer !== expected) {
      throw new Broken(
        "INV-LIV-1",
        `${cast.nameOf(provider)} was dark ${expected} s until ${instant}, not ${answer} s`,
      );
    }
    count("INV-LIV-1");

    const earlier = dice.oneOf(this.#asked);
    if (earlier !== undefined) {
      const again = await this.#ask(cast.liveness, earlier.provider, earlier.instant);
      if (again !== earlier.answer) {
        throw new Broken("INV-LIV-1", `${earlier.answer} s until ${earlier.instant} became ${again} s`);
      }
      count("INV-LIV-1");
    }
    this.#asked.push({ provider, instant, answer });
    if (this.#asked.length > MOST_QUESTIONS) this.#asked.shift();
  }

  async #ask(liveness: string, provider: string, instant: bigint): Promise<bigint> {
    return (await this.chain.read(liveness, "darkSecondsUntil", [provider, instant])) as bigint;
  }
}
