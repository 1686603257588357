import { expect } from "chai";

import { isWhole, Weather } from "./faults";
import { Random } from "./random";
import { describeScenario, FAULT_KINDS, KILL_POINTS, scenarioOf, STORE_FATES } from "./scenario";

const SCENARIOS = [...Array(300).keys()].map((seed) => scenarioOf(seed + 1));
/** Faults that would be two liars at once if two endpoints had them. */
const GRAVE = new Set<string>(FAULT_KINDS.slice(FAULT_KINDS.indexOf("dead")));

describe("Scenarios of the harness", () => {
  it("follow from their seed alone", () => {
    for (const scenario of SCENARIOS.slice(0, 20)) expect(scenarioOf(scenario.seed)).to.deep.equal(scenario);
    expect(new Set(SCENARIOS.map((scenario) => JSON.stringify({ ...scenario, seed: 0 }))).size).to.equal(300);
  });

  it("try every kind of fault, every moment to be killed at, and every loss of the store within some hundred", () => {
    const kinds = new Set(SCENARIOS.flatMap(({ episodes }) => episodes.map(({ kind }) => kind)));
    const points = new Set(SCENARIOS.flatMap(({ kills }) => kills.map(({ point }) => point)));
    const fates = new Set(SCENARIOS.flatMap(({ kills }) => kills.map(({ store }) => store)));
    expect([...kinds]).to.have.members([...FAULT_KINDS]);
    expect([...points]).to.have.members([...KILL_POINTS]);
    expect([...fates]).to.have.members([...STORE_FATES]);
    const depths = SCENARIOS.flatMap(({ reorgs }) => reorgs.map(({ depth }) => depth));
    expect([Math.min(...depths), Math.max(...depths)]).to.deep.equal([1, 64]);
    expect(new Set(SCENARIOS.map(({ endpoints }) => endpoints))).to.deep.equal(new Set([1, 2, 3]));
  });

  it("never let two endpoints lie at once, nor anything happen after the last block with faults", () => {
    for (const scenario of SCENARIOS) {
      const grave = scenario.episodes.filter(({ kind }) => GRAVE.has(kind));
      const about = describeScenario(scenario);
      for (const [i, one] of grave.entries()) {
        for (const other of grave.slice(i + 1)) {
          expect(one.to <= other.from || other.to <= one.from || one.endpoint === other.endpoint, about).to.equal(true);
        }
      }
      const { blocks, episodes, kills, reorgs, foreign, tenants, endpoints } = scenario;
      for (const { from, to, endpoint, rate } of episodes) {
        expect([from < to, to <= blocks, endpoint < endpoints, rate <= 1], about).not.to.include(false);
      }
      for (const at of [
        ...kills.map(({ from }) => from),
        ...reorgs.map(({ at: block }) => block),
        ...foreign,
        ...tenants,
      ])
        expect(at, about).to.be.within(0, blocks - 1);
    }
  });
});

describe("The weather of endpoints", () => {
  const episode = { from: 3, to: 5, endpoint: 1, kind: "429", rate: 1 } as const;
  const answers = { ...episode, kind: "dropped logs" } as const;
  const at = (block: number): Weather => {
    const weather = new Weather([episode, answers], new Random(1));
    weather.at(block);
    return weather;
  };

  it("befalls one endpoint, from one block to another, requests and answers by themselves", () => {
    expect([2, 3, 4, 5].map((block) => at(block).forRequest(1))).to.deep.equal([undefined, "429", "429", undefined]);
    expect(at(3).forRequest(0)).to.equal(undefined);
    expect(at(3).forAnswers(1)).to.deep.equal(["dropped logs"]);
    expect([isWhole("429"), isWhole("dropped logs")]).to.deep.equal([true, false]);
  });

  it("is fine for good once it was cleared", () => {
    const weather = at(3);
    weather.clear();
    expect([weather.forRequest(1), weather.forAnswers(1)]).to.deep.equal([undefined, []]);
  });

  it("befalls about so many requests as its rate says", () => {
    const weather = new Weather([{ ...episode, rate: 0.15 }], new Random(1));
    weather.at(3);
    const befallen = [...Array(2_000)].filter(() => weather.forRequest(1) !== undefined).length;
    expect(befallen / 2_000).to.be.closeTo(0.15, 0.03);
  });
});
