import { expect } from "chai";

import { Health } from "../../../keeper/ops/health";

describe("Health", () => {
  let now: number;
  let health: Health;

  beforeEach(() => {
    now = 1_000;
    health = new Health(120, () => now);
  });

  it("is green while it starts, and red when that takes too long", () => {
    now += 120;
    expect(health.health()).to.deep.equal({ ok: true, why: "starting", lastGoodPassSeconds: null });
    now += 1;
    expect(health.health().ok).to.equal(false);
    expect(health.health().why).to.equal("no pass has ended well since the start, 121 s ago");
  });

  it("turns red when the last good pass is old, says why, and green with the next good one (ATK-KPR-2)", () => {
    health.passed();
    now += 120;
    expect(health.health()).to.deep.equal({ ok: true, why: "passing", lastGoodPassSeconds: 120 });
    health.passFailed("node.example does not answer");
    now += 1;
    expect(health.health()).to.deep.equal({
      ok: false,
      why: "the last good pass was 121 s ago; the last pass failed: node.example does not answer",
      lastGoodPassSeconds: 121,
    });
    health.passed();
    expect(health.health()).to.deep.equal({ ok: true, why: "passing", lastGoodPassSeconds: 0 });
  });

  it("turns red, too, when passes hang and none fails", () => {
    health.passed();
    now += 500;
    expect(health.health().ok).to.equal(false);
  });

  it("is not ready before the first pass, nor while too few endpoints agree; restarting would not help", () => {
    expect(health.readiness().ok).to.equal(false);
    expect(health.readiness().why).to.equal("the first sync is not done");
    health.passed();
    health.agreed(true);
    expect(health.readiness().ok).to.equal(true);
    health.agreed(false);
    health.passFailed("two endpoints, two heads");
    expect(health.readiness().why).to.equal("too few endpoints agree; the last pass failed: two endpoints, two heads");
    expect(health.health().ok).to.equal(true);
  });

  it("is not ready either when the last good pass is old", () => {
    health.passed();
    now += 121;
    expect(health.readiness().ok).to.equal(false);
  });
});
