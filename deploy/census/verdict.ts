import { ContractJudge } from "./contractPowers";
import type { Facts } from "./facts";
import { GovernanceJudge } from "./governancePowers";
import type { Power, Standing } from "./judging";
import { ADMIN, type MappedFunction, ManagerJudge } from "./managerPowers";
import { ParameterJudge } from "./parameterPowers";

/** What a census comes to. */
export interface Verdict {
  readonly powers: readonly Power[];
  /** How many powers there are over money in escrow. */
  readonly overEscrow: number;
  readonly ofDeployer: number;
  readonly ofStrangers: number;
  /** What differs from the network file and was not voted for: numbers, versions, listings, seats, delays. */
  readonly notAsReviewed: number;
  readonly changedByGovernance: number;
  readonly unreadable: number;
  /**
   * Neither the deployer nor a stranger can do anything, now or later, nobody can do anything to the escrow, everything
   * is what the network file says or what was voted for since, and all of it was read.
   */
  readonly sound: boolean;
}

/** What the facts say: every power, who holds it, and whether that is as it should be. Pure. */
export function judge(facts: Facts, map: readonly MappedFunction[]): Verdict {
  const powers = [
    ...new ManagerJudge(facts).powers(map),
    ...new GovernanceJudge(facts).powers(),
    ...new ParameterJudge(facts).powers(),
    ...new ContractJudge(facts).powers(map.map(({ contract }) => contract)),
  ];
  const count = (is: (power: Power) => boolean): number => powers.filter(is).length;
  const of = (standing: Standing): number => count((power) => power.standing === standing);
  const [overEscrow, unreadable] = [count((power) => power.overEscrow), of("unreadable")];
  const [ofDeployer, ofStrangers, notAsReviewed] = [of("deployer"), of("stranger"), of("not as reviewed")];
  return {
    powers,
    overEscrow,
    ofDeployer,
    ofStrangers,
    notAsReviewed,
    changedByGovernance: of("changed by governance"),
    unreadable,
    sound: overEscrow + ofDeployer + ofStrangers + notAsReviewed + unreadable === 0,
  };
}

const FAILURES: readonly Standing[] = ["deployer", "stranger", "not as reviewed", "unreadable"];

/** What makes a census fail. */
export function failuresOf({ powers }: Verdict): Power[] {
  return powers.filter(({ standing, overEscrow }) => overEscrow || FAILURES.includes(standing));
}

/** What a deployer does not hand over with: all failures but its own role, which it gives up last. */
export function refusalsOf(verdict: Verdict): Power[] {
  return failuresOf(verdict).filter(({ what, standing }) => standing !== "deployer" || what !== ADMIN);
}
