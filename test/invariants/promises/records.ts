import { EndReason } from "../../helpers/leases";
import type { Figures } from "../model/records";
import { NO_FIGURES } from "../model/records";
import { Broken } from "./broken";
import type { Scene } from "./checks";

const NAMES = Object.keys(NO_FIGURES) as (keyof Figures)[];

/** INV-REC-1: figures only grow, by what was recorded, and say what became of the leases. */
export class RecordChecks {
  readonly #seen = new Map<string, Figures>();

  check({ mirror, history, cast, count }: Scene): void {
    for (const module of cast.modules) {
      for (const provider of cast.providers) {
        const key = `${module}/${provider}`;
        const name = `${cast.nameOf(module)}/${cast.nameOf(provider)}`;
        const figures = Object.fromEntries(
          NAMES.map((figure) => [figure, mirror.field(`record/${key}`, figure)]),
        ) as unknown as Figures;
        const before = this.#seen.get(key) ?? NO_FIGURES;
        const told = history.records.get(key) ?? NO_FIGURES;
        for (const figure of NAMES) {
          if (figures[figure] < before[figure] || figures[figure] !== told[figure]) {
            throw new Broken(
              "INV-REC-1",
              `${name}: ${figure} was ${before[figure]}, is ${figures[figure]}, recorded ${told[figure]}`,
            );
          }
        }
        this.#seen.set(key, figures);
        count("INV-REC-1");
      }
    }
    for (const provider of cast.providers) {
      const { served, noShows, liveSeconds, darkSeconds, slashed } = this.#seen.get(`${cast.market}/${provider}`)!;
      const leases = [...history.leases.values()].filter((lease) => lease.provider === provider);
      const settled = leases.filter((lease) => lease.settled);
      const lived = settled.reduce((sum, { startedAt, end }) => sum + end - startedAt, 0n);
      const missed = leases.filter(({ reason }) => reason === EndReason.NoShow).length;
      const seen = [served, noShows, liveSeconds + darkSeconds, slashed];
      const expected = [BigInt(settled.length), BigInt(missed), lived, history.slashed.of(provider)];
      if (seen.join() !== expected.join()) {
        throw new Broken(
          "INV-REC-1",
          `${cast.nameOf(provider)}: leases, no-shows, seconds, penalties are ${expected.join()}, recorded ${seen.join()}`,
        );
      }
    }
  }
}
