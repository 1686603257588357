import { expect } from "chai";

import { Health } from "../../../keeper/ops/health";

describe("Health", () => {
  let now: number;
  let health: Health;

  beforeEach(() => {
    now = 1_000;
    health = new Health({ staleSeconds: 120, stuckSeconds: 240 }, () => now);
  });

  /** Time in which requests end, whatever they end with. */
  const turnFor = (seconds: number): void => {
    for (let second = 0; second < seconds; second++) {
      now += 1;
      health.turned();
    }
  };

  it("is alive while the loop turns, though no node answers for a day: a restart would not help (ATK-KPR-22)", () => {
    health.passed();
    for (let tries = 0; tries < 24 * 60; tries++) {
      now += 60;
      health.passFailed("no endpoint answers");
    }
    expect(health.health()).to.deep.equal({
      ok: true,
      why: "the loop turns; the last pass failed: no endpoint answers",
      lastGoodPassSeconds: 86_400,
    });
    expect(health.readiness()).to.deep.equal({
      ok: false,
      why: "the last good pass was 86400 s ago; the last pass failed: no endpoint answers",
      lastGoodPassSeconds: 86_400,
    });
  });

  it("is alive while it reads the chain for hours before its first pass ends (ATK-KPR-22)", () => {
    turnFor(7_200);
    expect(health.health()).to.deep.equal({ ok: true, why: "starting", lastGoodPassSeconds: null });
    expect(health.readiness().why).to.equal("the first sync is not done");
  });

  it("is dead when a pass hangs: no request and no pass ends any more", () => {
    health.passed();
    now += 240;
    expect(health.health()).to.include({ ok: true, why: "passing" });
    now += 1;
    expect(health.health()).to.include({ ok: false, why: "nothing has moved for 241 s: the last pass hangs" });
    health.turned();
    expect(health.health().ok).to.equal(true);
  });

  it("is ready after a good pass, until that is old; and says why the last one failed", () => {
    expect(health.readiness()).to.include({ ok: false, why: "the first sync is not done" });
    health.passFailed("node.example does not answer");
    expect(health.readiness().why).to.equal(
      "the first sync is not done; the last pass failed: node.example does not answer",
    );
    health.passed();
    turnFor(120);
    expect(health.readiness()).to.deep.equal({ ok: true, why: "passing", lastGoodPassSeconds: 120 });
    turnFor(1);
    expect(health.readiness()).to.include({ ok: false, why: "the last good pass was 121 s ago" });
    health.passed();
    expect(health.readiness()).to.include({ ok: true, lastGoodPassSeconds: 0 });
  });

  it("is not ready while too few endpoints agree; a restart does not help (ATK-KPR-2)", () => {
    health.passed();
    health.agreed(true);
    expect(health.readiness().ok).to.equal(true);
    health.agreed(false);
    health.passFailed("two endpoints, two heads");
    expect(health.readiness().why).to.equal("too few endpoints agree; the last pass failed: two endpoints, two heads");
    expect(health.health().ok).to.equal(true);
  });
});
