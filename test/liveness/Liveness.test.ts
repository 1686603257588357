import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { ethers } from "hardhat";

import { deployFixture } from "../helpers/fixture";
import { loadFixture } from "../helpers/loadFixture";
import { DAY, GRACE, MINUTE } from "../helpers/parameters";
import { at, moveTo, pass } from "../helpers/time";

async function livenessFixture() {
  const fixture = await loadFixture(deployFixture);
  const { liveness, providerA: provider, operatorA: operator } = fixture;
  await liveness.connect(provider).setOperator(operator);
  const beat = (second: number) => at(second, () => liveness.connect(operator).heartbeat(provider));
  return { ...fixture, provider, operator, beat };
}

/** Seen first at `first`; dark in [first + 600, first + 700) and in [first + 1300, first + 1301). */
async function outagesFixture() {
  const fixture = await livenessFixture();
  const first = (await pass(MINUTE)) + 100;
  for (const second of [first, first + 700, first + 1_301]) await fixture.beat(second);
  return { ...fixture, first };
}

describe("Liveness", () => {
  describe("constructor", () => {
    it("takes a grace of 10 minutes to 1 day", async () => {
      for (const grace of [10 * MINUTE, DAY]) {
        const liveness = await ethers.deployContract("Liveness", [grace]);
        expect(await liveness.GRACE()).to.equal(grace);
      }
    });

    it("reverts for one second less or more", async () => {
      const liveness = await ethers.getContractFactory("Liveness");
      for (const grace of [10 * MINUTE - 1, DAY + 1]) {
        await expect(liveness.deploy(grace))
          .to.be.revertedWithCustomError(liveness, "LivenessGraceOutOfBounds")
          .withArgs(grace, 10 * MINUTE, DAY);
      }
    });
  });

  describe("MIN_GRACE and MAX_GRACE", () => {
    it("tell the bounds of the grace", async () => {
      const { liveness } = await loadFixture(deployFixture);
      expect([await liveness.MIN_GRACE(), await liveness.MAX_GRACE()]).to.deep.equal([600n, 86_400n]);
    });
  });

  describe("setOperator", () => {
    it("hands the work to another key at once, and away from the provider", async () => {
      const { liveness, provider, operator, keeper } = await loadFixture(livenessFixture);
      await expect(liveness.connect(provider).setOperator(keeper))
        .to.emit(liveness, "OperatorSet")
        .withArgs(provider, keeper);
      expect(await liveness.operatorOf(provider)).to.equal(keeper);
      for (const caller of [operator, provider]) {
        await expect(liveness.connect(caller).heartbeat(provider))
          .to.be.revertedWithCustomError(liveness, "LivenessNotOperator")
          .withArgs(provider, keeper, caller);
      }
    });

    it("takes it back to the provider with the zero address", async () => {
      const { liveness, provider } = await loadFixture(livenessFixture);
      await expect(liveness.connect(provider).setOperator(ZeroAddress))
        .to.emit(liveness, "OperatorSet")
        .withArgs(provider, ZeroAddress);
      expect(await liveness.operatorOf(provider)).to.equal(provider);
      await expect(liveness.connect(provider).heartbeat(provider)).to.emit(liveness, "Heartbeat");
    });

    it("lets two providers share a key, and nobody squat one", async () => {
      const { liveness, provider, operator, providerB, stranger } = await loadFixture(livenessFixture);
      await liveness.connect(providerB).setOperator(operator);
      await liveness.connect(stranger).setOperator(operator);
      for (const each of [provider, providerB, stranger]) {
        await expect(liveness.connect(operator).heartbeat(each)).to.emit(liveness, "Heartbeat");
      }
    });

    it("changes neither clock nor outages", async () => {
      const { liveness, provider, keeper } = await loadFixture(outagesFixture);
      const before = await liveness.clockOf(provider);
      await liveness.connect(provider).setOperator(keeper);
      const after = await liveness.clockOf(provider);
      expect([...after].slice(1)).to.deep.equal([...before].slice(1));
    });
  });

  describe("heartbeat", () => {
    describe("by anyone but the operator", () => {
      it("reverts", async () => {
        const { liveness, provider, operator, stranger } = await loadFixture(livenessFixture);
        await expect(liveness.connect(stranger).heartbeat(provider))
          .to.be.revertedWithCustomError(liveness, "LivenessNotOperator")
          .withArgs(provider, operator, stranger);
      });

      it("reverts for a provider that named no operator", async () => {
        const { liveness, providerB, stranger } = await loadFixture(livenessFixture);
        await expect(liveness.connect(stranger).heartbeat(providerB))
          .to.be.revertedWithCustomError(liveness, "LivenessNotOperator")
          .withArgs(providerB, providerB, stranger);
      });
    });

    describe("for the first time", () => {
      it("starts the clock without an outage", async () => {
        const { liveness, provider, operator, beat } = await loadFixture(livenessFixture);
        const second = (await pass(1)) + 1_000;
        await expect(beat(second))
          .to.emit(liveness, "Heartbeat")
          .withArgs(provider, second)
          .and.not.to.emit(liveness, "OutageEnded");
        expect(await liveness.clockOf(provider)).to.deep.equal([operator.address, second, 0n, 0n]);
      });
    });

    describe("while the provider is live, or in the very second that it turns dark", () => {
      for (const gap of [1, GRACE - 1, GRACE]) {
        it(`only moves the clock, ${gap} s after the last one`, async () => {
          const { liveness, provider, operator, beat, first } = await loadFixture(outagesFixture);
          const last = first + 1_301;
          await expect(beat(last + gap))
            .to.emit(liveness, "Heartbeat")
            .withArgs(provider, last + gap)
            .and.not.to.emit(liveness, "OutageEnded");
          expect(await liveness.clockOf(provider)).to.deep.equal([operator.address, last + gap, 101n, 2n]);
        });
      }
    });

    describe("while the provider is dark", () => {
      it("ends an outage of one second, one second after it turned dark (ATK-LSE-7)", async () => {
        const { liveness, provider, operator, beat, first } = await loadFixture(outagesFixture);
        const dark = first + 1_301 + GRACE;
        const beating = beat(dark + 1);
        await expect(beating)
          .to.emit(liveness, "OutageEnded")
          .withArgs(provider, 2n, dark, dark + 1, 102n);
        await expect(beating)
          .to.emit(liveness, "Heartbeat")
          .withArgs(provider, dark + 1);
        expect(await liveness.clockOf(provider)).to.deep.equal([operator.address, dark + 1, 102n, 3n]);
        expect(await liveness.outageOf(provider, 2n)).to.deep.equal([dark, dark + 1, 101n]);
      });

      it("ends an outage of years", async () => {
        const { liveness, provider, beat, first } = await loadFixture(outagesFixture);
        const dark = first + 1_301 + GRACE;
        const years = 30 * 365 * DAY;
        await expect(beat(dark + years))
          .to.emit(liveness, "OutageEnded")
          .withArgs(provider, 2n, dark, dark + years, 101 + years);
      });
    });
  });

  describe("operatorOf", () => {
    it("is the provider itself until it names another", async () => {
      const { liveness, provider, operator, providerB } = await loadFixture(livenessFixture);
      expect(await liveness.operatorOf(providerB)).to.equal(providerB);
      expect(await liveness.operatorOf(provider)).to.equal(operator);
    });
  });

  describe("isLive", () => {
    it("is false before the first heartbeat", async () => {
      const { liveness, provider } = await loadFixture(livenessFixture);
      expect(await liveness.isLive(provider)).to.equal(false);
    });

    it("is true from the heartbeat until the second before its grace is over, and false from then on", async () => {
      const { liveness, provider, first } = await loadFixture(outagesFixture);
      const last = first + 1_301;
      expect(await liveness.isLive(provider)).to.equal(true);
      await moveTo(last + GRACE - 1);
      expect(await liveness.isLive(provider)).to.equal(true);
      await moveTo(last + GRACE);
      expect(await liveness.isLive(provider)).to.equal(false);
      await moveTo(last + GRACE + 1);
      expect(await liveness.isLive(provider)).to.equal(false);
    });
  });

  describe("isFresh", () => {
    it("is false before the first heartbeat", async () => {
      const { liveness, provider } = await loadFixture(livenessFixture);
      expect(await liveness.isFresh(provider)).to.equal(false);
    });

    for (const [grace, half] of [
      [GRACE, GRACE / 2],
      [GRACE + 1, GRACE / 2],
      [DAY, DAY / 2],
    ] as const) {
      it(`is true for ${half} s after a heartbeat where the grace is ${grace} s, and false in the next`, async () => {
        const { providerA: provider, operatorA: operator } = await loadFixture(deployFixture);
        const liveness = await ethers.deployContract("Liveness", [grace]);
        await liveness.connect(provider).setOperator(operator);
        const last = (await pass(1)) + 10;
        await at(last, () => liveness.connect(operator).heartbeat(provider));
        for (const [second, fresh] of [
          [last, true],
          [last + half - 1, true],
          [last + half, false],
          [last + half + 1, false],
        ] as const) {
          if (second > last) await moveTo(second);
          expect(await liveness.isFresh(provider), `${second - last} s later`).to.equal(fresh);
          expect(await liveness.isLive(provider)).to.equal(true);
        }
        await at(last + grace + 5, () => liveness.connect(operator).heartbeat(provider));
        expect(await liveness.isFresh(provider)).to.equal(true);
      });
    }
  });

  describe("statusOf", () => {
    it("tells operator, darkness and no dark seconds before the first heartbeat", async () => {
      const { liveness, provider, operator, providerB } = await loadFixture(livenessFixture);
      expect(await liveness.statusOf(provider)).to.deep.equal([operator.address, false, 0n]);
      expect(await liveness.statusOf(providerB)).to.deep.equal([providerB.address, false, 0n]);
    });

    it("tells the same as isLive and darkSecondsUntil around the edge of the grace", async () => {
      const { liveness, provider, operator, first } = await loadFixture(outagesFixture);
      const dark = first + 1_301 + GRACE;
      const expected: [number, boolean, bigint][] = [
        [dark - 1, true, 101n],
        [dark, false, 101n],
        [dark + 1, false, 102n],
        [dark + 1_000, false, 1_101n],
      ];
      for (const [second, live, darkSeconds] of expected) {
        await moveTo(second);
        expect(await liveness.statusOf(provider)).to.deep.equal([operator.address, live, darkSeconds]);
        expect(await liveness.darkSecondsUntil(provider, second)).to.equal(darkSeconds);
      }
    });
  });

  describe("darkSecondsUntil", () => {
    it("reverts for the next second", async () => {
      const { liveness, provider } = await loadFixture(outagesFixture);
      const second = await pass(10);
      await expect(liveness.darkSecondsUntil(provider, second + 1))
        .to.be.revertedWithCustomError(liveness, "LivenessInFuture")
        .withArgs(second + 1, second);
    });

    it("is zero for a provider that was never seen, and before the first heartbeat", async () => {
      const { liveness, provider, providerB, first } = await loadFixture(outagesFixture);
      expect(await liveness.darkSecondsUntil(providerB, first)).to.equal(0n);
      expect(await liveness.darkSecondsUntil(provider, 0)).to.equal(0n);
      expect(await liveness.darkSecondsUntil(provider, first - 1)).to.equal(0n);
    });

    it("is zero before the last heartbeat of a provider that had no outage", async () => {
      const { liveness, provider, beat } = await loadFixture(livenessFixture);
      const first = (await pass(1)) + 10;
      await beat(first);
      await beat(first + GRACE);
      expect(await liveness.darkSecondsUntil(provider, first + GRACE - 1)).to.equal(0n);
    });

    it("counts each outage from its first second to its last, at every edge (INV-LIV-1)", async () => {
      const { liveness, provider, first } = await loadFixture(outagesFixture);
      await moveTo(first + 1_301 + GRACE + 5);
      const expected: [number, number][] = [
        [0, 0],
        [GRACE, 0],
        [GRACE + 1, 1],
        [699, 99],
        [700, 100],
        [701, 100],
        [1_300, 100],
        [1_301, 101],
        [1_302, 101],
        [1_301 + GRACE, 101],
        [1_301 + GRACE + 1, 102],
        [1_301 + GRACE + 5, 106],
      ];
      for (const [offset, dark] of expected) {
        expect(await liveness.darkSecondsUntil(provider, first + offset), `${offset} s after the first`).to.equal(dark);
      }
    });

    it("answers the same after later heartbeats as when the outage was still going on (INV-LIV-1)", async () => {
      const { liveness, provider, beat, first } = await loadFixture(outagesFixture);
      const dark = first + 1_301 + GRACE;
      await moveTo(dark + 50);
      expect(await liveness.darkSecondsUntil(provider, dark + 50)).to.equal(151n);
      for (const second of [dark + 80, dark + 80 + GRACE, dark + 80 + 3 * GRACE]) {
        await beat(second);
        expect(await liveness.darkSecondsUntil(provider, dark + 50)).to.equal(151n);
      }
    });
  });

  describe("clockOf and outageOf", () => {
    it("tell the clock and every outage that ended", async () => {
      const { liveness, provider, operator, first } = await loadFixture(outagesFixture);
      expect(await liveness.clockOf(provider)).to.deep.equal([operator.address, first + 1_301, 101n, 2n]);
      expect(await liveness.outageOf(provider, 0)).to.deep.equal([first + 600, first + 700, 0n]);
      expect(await liveness.outageOf(provider, 1)).to.deep.equal([first + 1_300, first + 1_301, 100n]);
    });

    it("revert for an outage that did not end", async () => {
      const { liveness, provider, providerB } = await loadFixture(outagesFixture);
      await expect(liveness.outageOf(provider, 2))
        .to.be.revertedWithCustomError(liveness, "LivenessUnknownOutage")
        .withArgs(provider, 2n, 2n);
      await expect(liveness.outageOf(providerB, 0))
        .to.be.revertedWithCustomError(liveness, "LivenessUnknownOutage")
        .withArgs(providerB, 0n, 0n);
    });
  });
});
