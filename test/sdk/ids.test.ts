import { expect } from "chai";
import fc from "fast-check";

import {
  disputeIdOf,
  formatDisputeId,
  formatLeaseId,
  leaseIdOf,
  parseDisputeId,
  parseLeaseId,
  parseOfferId,
  splitDisputeId,
  splitLeaseId,
} from "../../sdk/ids";
import { UnitError } from "../../sdk/units";

describe("ids", () => {
  it("writes a lease as its offer and its number under it", () => {
    expect(leaseIdOf(7n, 12)).to.equal(30_064_771_084n);
    expect(formatLeaseId(30_064_771_084n)).to.equal("7-12");
    expect(parseLeaseId("7-12")).to.equal(30_064_771_084n);
    expect(splitLeaseId(30_064_771_084n)).to.deep.equal({ offer: 7n, index: 12 });
  });

  it("reads back every lease that it writes", () => {
    fc.assert(
      fc.property(fc.bigInt(1n, 2n ** 64n - 1n), fc.bigInt(1n, 2n ** 32n - 1n), (offer, index) => {
        expect(parseLeaseId(formatLeaseId(leaseIdOf(offer, index)))).to.equal((offer << 32n) | index);
      }),
    );
  });

  for (const nonsense of [
    "",
    "7",
    "7-",
    "-12",
    "7-12-1",
    "seven-12",
    "7 12",
    "0x7-12",
    "99999999999999999999-1",
    "0-1",
    "1-0",
    "1-4294967296",
  ]) {
    it(`refuses "${nonsense}" as a lease`, () => {
      expect(() => parseLeaseId(nonsense)).to.throw(UnitError, /is no lease/);
    });
  }

  it("says how a lease's number on the chain is written", () => {
    expect(() => parseLeaseId("30064771084")).to.throw(UnitError, "write 7-12");
  });

  it("reads offers with and without a number sign", () => {
    expect(parseOfferId("7")).to.equal(7n);
    expect(parseOfferId("#7")).to.equal(7n);
    expect(parseOfferId((2n ** 64n - 1n).toString())).to.equal(2n ** 64n - 1n);
  });

  for (const nonsense of ["", "0", "-1", "7-12", "1.5", "seven", (2n ** 64n).toString()]) {
    it(`refuses "${nonsense}" as an offer`, () => {
      expect(() => parseOfferId(nonsense)).to.throw(UnitError, /is no offer/);
    });
  }

  describe("of disputes", () => {
    const CLAIMANT = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
    const DISPUTE = (30_064_771_084n << 160n) | BigInt(CLAIMANT);

    it("are written as the lease and its claimant", () => {
      expect(disputeIdOf(30_064_771_084n, CLAIMANT)).to.equal(DISPUTE);
      expect(formatDisputeId(DISPUTE)).to.equal(`7-12/${CLAIMANT}`);
      expect(splitDisputeId(DISPUTE)).to.deep.equal({ leaseId: 30_064_771_084n, claimant: CLAIMANT });
      expect(parseDisputeId(` 7-12/${CLAIMANT} `)).to.equal(DISPUTE);
      expect(parseDisputeId(`7-12/${CLAIMANT.toLowerCase()}`)).to.equal(DISPUTE);
    });

    it("read back as they are written", () => {
      const word = (bits: bigint) => fc.bigInt(1n, 2n ** bits - 1n);
      fc.assert(
        fc.property(word(64n), word(32n), word(160n), (offer, index, claimant) => {
          const dispute = (offer << 192n) | (index << 160n) | claimant;
          expect(parseDisputeId(formatDisputeId(dispute))).to.equal(dispute);
        }),
      );
    });

    for (const nonsense of ["", "7-12", "7-12/", `/${CLAIMANT}`, `7-12/${CLAIMANT}/1`, `7-12/${CLAIMANT.slice(2)}`]) {
      it(`refuse "${nonsense}"`, () => {
        expect(() => parseDisputeId(nonsense)).to.throw(UnitError, /is no (dispute|lease): write/);
      });
    }

    it("refuse a claimant with a mistyped digit", () => {
      expect(() => parseDisputeId(`7-12/${CLAIMANT.replace("9", "8")}`)).to.throw(UnitError, "wrong checksum");
    });

    it("say how a dispute's number on the chain is written", () => {
      expect(() => parseDisputeId(DISPUTE.toString())).to.throw(UnitError, `write 7-12/${CLAIMANT}`);
    });
  });
});
