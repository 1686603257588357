import { expect } from "chai";
import fc from "fast-check";
import { getAddress, toBeHex } from "ethers";
import { ethers } from "hardhat";

import { EndReason, LeaseStatus } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import type { Resources } from "../helpers/money";
import { fieldsOf, holds } from "../helpers/property";
import {
  CLAIM_RECORD,
  LEASE_CLAIMS,
  LEASE_HISTORY,
  LEASE_PROGRESS,
  LEASE_TERMS,
  OFFER_STATE,
  OFFER_TRAITS,
  pack,
  packResources,
  POSTINGS,
  RESOURCES,
  unpack,
} from "../helpers/words";

const deployHarness = async () => ethers.deployContract("TypesHarness");
const deployClaimHarness = async () => ethers.deployContract("ClaimTypesHarness");
const addressOf = (value: bigint): string => getAddress(toBeHex(value, 20));

/** Words of a lease whose status and reason exist. */
const progresses = fieldsOf(LEASE_PROGRESS).map((fields) => ({
  ...fields,
  status: fields.status % 6n,
  reason: fields.reason % 9n,
}));
const uint = (bits: number) => {
  const most = 2n ** BigInt(bits) - 1n;
  return fc.oneof(fc.bigInt(0n, most), fc.constantFrom(0n, most));
};
const RUNS = 60;

describe("LeaseProgress", () => {
  it("reads every field from its bits", async () => {
    const types = await loadFixture(deployHarness);
    await holds(
      fc.asyncProperty(progresses, async (fields) => {
        const { rate, since, mark, paidSeconds, feeBps, claimed, status, reason, settled } = fields;
        expect(await types.progressFields(pack(LEASE_PROGRESS, fields))).to.deep.equal([
          rate,
          since,
          mark,
          paidSeconds,
          feeBps,
          claimed === 1n,
          status,
          reason,
          settled === 1n,
        ]);
      }),
      RUNS,
    );
  });

  it("begins pending, with nothing else in it", async () => {
    const types = await loadFixture(deployHarness);
    await holds(
      fc.asyncProperty(fieldsOf(LEASE_PROGRESS), async ({ rate, since, mark, feeBps }) => {
        expect(unpack(LEASE_PROGRESS, await types.pendingLease(rate, since, mark, feeBps))).to.deep.equal({
          rate,
          since,
          mark,
          feeBps,
          paidSeconds: 0n,
          claimed: 0n,
          status: LeaseStatus.Pending,
          reason: EndReason.None,
          settled: 0n,
        });
      }),
      RUNS,
    );
  });

  it("changes what each step changes, and no neighbour of it (INV-LSE-5)", async () => {
    const types = await loadFixture(deployHarness);
    await holds(
      fc.asyncProperty(progresses, uint(40), uint(32), uint(128), uint(15), async (fields, ...values) => {
        const [instant, seconds, rate, feeBps] = values;
        const word = pack(LEASE_PROGRESS, fields);
        const after = async (step: Promise<bigint>) => unpack(LEASE_PROGRESS, await step);
        expect(await after(types.activated(word, instant, seconds))).to.deep.equal({
          ...fields,
          since: instant,
          mark: seconds,
          status: LeaseStatus.Active,
        });
        expect(await after(types.withPaidSeconds(word, seconds))).to.deep.equal({ ...fields, paidSeconds: seconds });
        expect(await after(types.withRate(word, rate))).to.deep.equal({ ...fields, rate, paidSeconds: 0n });
        expect(await after(types.withFeeBps(word, feeBps))).to.deep.equal({ ...fields, feeBps });
        expect(await after(types.asClaimed(word))).to.deep.equal({ ...fields, claimed: 1n });
        expect(await after(types.withSettled(word))).to.deep.equal({
          ...fields,
          paidSeconds: fields.mark,
          settled: 1n,
        });
        expect(await after(types.released(word))).to.deep.equal({ ...fields, status: LeaseStatus.Released });
      }),
      RUNS,
    );
  });

  it("ends once, with a status, a reason and its billed seconds", async () => {
    const types = await loadFixture(deployHarness);
    const ends = fc.constantFrom(
      [LeaseStatus.Closed, EndReason.ClosedByTenant] as const,
      [LeaseStatus.Closed, EndReason.Expired] as const,
      [LeaseStatus.Closed, EndReason.ExpiredAfterNotice] as const,
      [LeaseStatus.Closed, EndReason.ClosedAfterFault] as const,
      [LeaseStatus.Cancelled, EndReason.NoShow] as const,
      [LeaseStatus.Cancelled, EndReason.Declined] as const,
    );
    await holds(
      fc.asyncProperty(progresses, ends, uint(32), async (before, [status, reason], billed) => {
        const fields = { ...before, reason: EndReason.None };
        const ended = await types.ended(pack(LEASE_PROGRESS, fields), status, reason, billed);
        expect(unpack(LEASE_PROGRESS, ended)).to.deep.equal({ ...fields, status, reason, mark: billed });
      }),
      RUNS,
    );
  });
});

describe("LeaseTerms", () => {
  it("packs and reads every field", async () => {
    const types = await loadFixture(deployHarness);
    await holds(
      fc.asyncProperty(fieldsOf(LEASE_TERMS), async (fields) => {
        const tenant = addressOf(fields.tenant);
        const word = pack(LEASE_TERMS, fields);
        const untouched = { ...fields, changed: 0n, noticed: 0n, transfers: 0n };
        const { duration, units, termsVersion, listing, changed, noticed, transfers } = fields;
        expect(await types.leaseTerms(tenant, duration, units, termsVersion, listing)).to.equal(
          pack(LEASE_TERMS, untouched),
        );
        expect(await types.termsFields(word)).to.deep.equal([
          tenant,
          duration,
          units,
          termsVersion,
          listing,
          changed === 1n,
          noticed === 1n,
          transfers,
        ]);
      }),
      RUNS,
    );
  });

  it("changes what each change changes, and no neighbour of it", async () => {
    const types = await loadFixture(deployHarness);
    await holds(
      fc.asyncProperty(fieldsOf(LEASE_TERMS), uint(32), uint(24), uint(16), async (fields, ...values) => {
        const [duration, units, termsVersion] = values;
        const word = pack(LEASE_TERMS, fields);
        const after = async (change: Promise<bigint>) => unpack(LEASE_TERMS, await change);
        expect(await after(types.withDuration(word, duration))).to.deep.equal({ ...fields, duration });
        expect(await after(types.withUnits(word, units))).to.deep.equal({ ...fields, units });
        expect(await after(types.withVersion(word, termsVersion))).to.deep.equal({ ...fields, termsVersion });
        expect(await after(types.withChanged(word))).to.deep.equal({ ...fields, changed: 1n });
        expect(await after(types.withNotice(word, duration))).to.deep.equal({ ...fields, duration, noticed: 1n });
      }),
      RUNS,
    );
  });

  it("counts a transfer to another tenant, and no neighbour moves; the 64th reverts", async () => {
    const types = await loadFixture(deployHarness);
    await holds(
      fc.asyncProperty(fieldsOf(LEASE_TERMS), uint(160), async (fields, tenant) => {
        const transfer = types.withTransfer(pack(LEASE_TERMS, fields), addressOf(tenant));
        const transfers = fields.transfers + 1n;
        if (transfers === 64n) await expect(transfer).to.be.revertedWithPanic(0x11);
        else expect(unpack(LEASE_TERMS, await transfer)).to.deep.equal({ ...fields, tenant, transfers });
      }),
      RUNS,
    );
  });
});

describe("LeaseHistory", () => {
  it("packs and reads every field, whatever stands above them", async () => {
    const types = await loadFixture(deployHarness);
    await holds(
      fc.asyncProperty(fieldsOf(LEASE_HISTORY), uint(5), async ({ collateralUnits, ...fields }, dirt) => {
        const word = pack(LEASE_HISTORY, { ...fields, collateralUnits });
        const lagging = fields.lagging === 1n;
        expect(await types.leaseHistory({ ...fields, collateral: collateralUnits, lagging })).to.equal(word);
        expect(await types.historyFields(word + dirt * 2n ** 251n)).to.deep.equal([
          fields.fraction,
          fields.feeRemainder,
          fields.anchorOffset,
          fields.darkBefore,
          collateralUnits,
          fields.treasuryVersion,
          fields.grownFrom,
          fields.grownAgo,
          lagging,
        ]);
      }),
      RUNS,
    );
  });

  it("takes another collateral, which lags no longer, and no neighbour moves", async () => {
    const types = await loadFixture(deployHarness);
    await holds(
      fc.asyncProperty(fieldsOf(LEASE_HISTORY), uint(52), async (fields, collateralUnits) => {
        const word = await types.withCollateral(pack(LEASE_HISTORY, fields), collateralUnits);
        expect(unpack(LEASE_HISTORY, word)).to.deep.equal({ ...fields, collateralUnits, lagging: 0n });
      }),
      RUNS,
    );
  });
});

describe("ClaimRecord", () => {
  it("packs and reads every field, whatever stands above them (INV-DSP-4)", async () => {
    const types = await loadFixture(deployClaimHarness);
    await holds(
      fc.asyncProperty(fieldsOf(CLAIM_RECORD), uint(8), async ({ faultAge, ...fields }, dirt) => {
        // A fault is not older than the Unix time.
        const filedAt = fields.filedAt + (faultAge > fields.filedAt ? faultAge : 0n);
        fc.pre(filedAt < 2n ** 40n);
        const faultStart = filedAt - faultAge;
        const word = pack(CLAIM_RECORD, { ...fields, filedAt, faultAge });
        expect(await types.claimRecord({ ...fields, filedAt, faultStart })).to.equal(word);
        expect(await types.recordFields(word + dirt * 2n ** 248n)).to.deep.equal([
          fields.held,
          fields.collateral,
          filedAt,
          faultStart,
          fields.feeBps,
          fields.transfers,
        ]);
      }),
      RUNS,
    );
  });

  it("is open unless it is all zero", async () => {
    const types = await loadFixture(deployClaimHarness);
    expect(await types.isOpen(0n)).to.equal(false);
    const nothing = { held: 0n, collateral: 0n, filedAt: 0n, faultAge: 0n, feeBps: 0n, transfers: 0n };
    expect(await types.isOpen(pack(CLAIM_RECORD, { ...nothing, filedAt: 1n }))).to.equal(true);
  });

  it("reverts for a fault that begins after it is filed", async () => {
    const types = await loadFixture(deployClaimHarness);
    const fields = { held: 1n, collateral: 2n, filedAt: 100n, faultStart: 101n, feeBps: 3n, transfers: 4n };
    await expect(types.claimRecord(fields)).to.be.revertedWithPanic(0x11);
  });
});

describe("Postings", () => {
  it("reads each bit by its name", async () => {
    const types = await loadFixture(deployClaimHarness);
    for (let word = 0n; word < 2n ** 5n; ++word) {
      const fields = Object.values(unpack(POSTINGS, word)).map((bit) => bit === 1n);
      for (const dirt of [0n, 7n]) {
        expect(await types.postingsFields(word + dirt * 2n ** 5n)).to.deep.equal(fields);
      }
    }
  });

  for (const reserved of [false, true]) {
    for (const of of [false, true]) {
      const bit = (value: boolean) => (value ? 1n : 0n);

      it(`notes an answer, ${of ? "" : "no "}party among the members, ${reserved ? "reserved" : "held"}, and keeps the rest`, async () => {
        const types = await loadFixture(deployClaimHarness);
        for (const providerAppealed of [0n, 1n]) {
          const before = { answered: 0n, amongMembers: 0n, answerReserved: 0n, providerAppealed, appealReserved: 0n };
          const word = await types.withAnswer(pack(POSTINGS, before), of, reserved);
          const after = { ...before, answered: 1n, amongMembers: bit(of), answerReserved: bit(reserved) };
          expect(unpack(POSTINGS, word)).to.deep.equal(after);
        }
      });

      it(`notes an appeal of ${of ? "the provider" : "the claimant"}, ${reserved ? "reserved" : "held"}, and keeps the rest`, async () => {
        const types = await loadFixture(deployClaimHarness);
        for (const answered of [0n, 1n]) {
          const before = {
            answered,
            amongMembers: answered,
            answerReserved: 1n,
            providerAppealed: 0n,
            appealReserved: 0n,
          };
          const word = await types.withAppeal(pack(POSTINGS, before), of, reserved);
          const after = { ...before, providerAppealed: bit(of), appealReserved: bit(reserved) };
          expect(unpack(POSTINGS, word)).to.deep.equal(after);
        }
      });
    }
  }
});

describe("LeaseClaims", () => {
  it("reads every field, whatever stands above them", async () => {
    const types = await loadFixture(deployHarness);
    await holds(
      fc.asyncProperty(fieldsOf(LEASE_CLAIMS), uint(4), async (fields, dirt) => {
        const { aside, taken, open, punished, cover } = fields;
        expect(await types.claimsFields(pack(LEASE_CLAIMS, fields) + dirt * 2n ** 252n)).to.deep.equal([
          aside,
          taken,
          open,
          punished,
          cover,
        ]);
      }),
      RUNS,
    );
  });

  it("adds what joins a field, up to all that the field holds, and no neighbour moves (INV-DSP-2)", async () => {
    const types = await loadFixture(deployHarness);
    await holds(
      fc.asyncProperty(fieldsOf(LEASE_CLAIMS), fc.bigInt(0n, 1_000n), async (fields, share) => {
        const word = pack(LEASE_CLAIMS, fields);
        const after = async (change: Promise<bigint>) => unpack(LEASE_CLAIMS, await change);
        const fee = ((2n ** 104n - 1n - fields.aside) * share) / 1_000n;
        expect(await after(types.plusAside(word, fee))).to.deep.equal({ ...fields, aside: fields.aside + fee });
        const units = ((2n ** 50n - 1n - fields.taken) * share) / 1_000n;
        expect(await after(types.plusTaken(word, units))).to.deep.equal({ ...fields, taken: fields.taken + units });
        expect(await after(types.withoutAside(word))).to.deep.equal({ ...fields, aside: 0n });
      }),
      RUNS,
    );
  });

  it("reverts where the fees aside pass 104 bits, and takes the last base unit before", async () => {
    const types = await loadFixture(deployHarness);
    const fields = { aside: 2n ** 104n - 2n, taken: 7n, open: 1n, punished: 2n, cover: 3n };
    const word = pack(LEASE_CLAIMS, fields);
    expect(await types.plusAside(word, 1n)).to.equal(pack(LEASE_CLAIMS, { ...fields, aside: 2n ** 104n - 1n }));
    await expect(types.plusAside(word, 2n))
      .to.be.revertedWithCustomError(types, "SafeCastOverflowedUintDowncast")
      .withArgs(104, 2n ** 104n);
  });

  it("counts open claims up to 65,535 and down to none, and no neighbour moves", async () => {
    const types = await loadFixture(deployHarness);
    await holds(
      fc.asyncProperty(fieldsOf(LEASE_CLAIMS), async (before) => {
        const fields = { ...before, open: before.open < 65_535n ? before.open : 65_534n };
        const word = pack(LEASE_CLAIMS, fields);
        const more = pack(LEASE_CLAIMS, { ...fields, open: fields.open + 1n });
        expect(await types.plusOpen(word)).to.equal(more);
        expect(await types.minusOpen(more)).to.equal(word);
      }),
      RUNS,
    );
  });

  it("remembers what was taken for the last punished fault and until when faults are covered, and no neighbour moves", async () => {
    const types = await loadFixture(deployHarness);
    await holds(
      fc.asyncProperty(fieldsOf(LEASE_CLAIMS), uint(50), uint(32), async (fields, punished, cover) => {
        const word = await types.withPunished(pack(LEASE_CLAIMS, fields), punished, cover);
        expect(unpack(LEASE_CLAIMS, word)).to.deep.equal({ ...fields, punished, cover });
      }),
      RUNS,
    );
  });
});

describe("OfferState", () => {
  it("reads every field, begins unused, and changes the capacity alone", async () => {
    const types = await loadFixture(deployHarness);
    await holds(
      fc.asyncProperty(fieldsOf(OFFER_STATE), uint(24), async (fields, capacity) => {
        const provider = addressOf(fields.provider);
        const word = pack(OFFER_STATE, fields);
        const left = fields.capacity > fields.used ? fields.capacity - fields.used : 0n;
        expect(await types.stateFields(word)).to.deep.equal([
          provider,
          fields.capacity,
          fields.used,
          fields.leaseCount,
          fields.tokenNumber,
          left,
        ]);
        expect(await types.offerState(provider, fields.capacity, fields.tokenNumber)).to.equal(
          pack(OFFER_STATE, { ...fields, used: 0n, leaseCount: 0n }),
        );
        expect(await types.withCapacity(word, capacity)).to.equal(pack(OFFER_STATE, { ...fields, capacity }));
      }),
      RUNS,
    );
  });

  it("counts leases and units up and down, and no neighbour moves (INV-LSE-6)", async () => {
    const types = await loadFixture(deployHarness);
    await holds(
      fc.asyncProperty(fieldsOf(OFFER_STATE), uint(24), async (before, units) => {
        // What opening has checked: the units fit in the capacity, which fits its field.
        const capacity = 2n ** 24n - 1n;
        const fields = { ...before, capacity, used: before.used % (capacity - units + 1n) };
        const count = fields.leaseCount === 2n ** 32n - 1n ? 0n : fields.leaseCount;
        const [next, index] = await types.afterOpening(pack(OFFER_STATE, { ...fields, leaseCount: count }), units);
        const opened = { ...fields, used: fields.used + units, leaseCount: count + 1n };
        expect(unpack(OFFER_STATE, next)).to.deep.equal(opened);
        expect(index).to.equal(count + 1n);
        const shrunk = await types.afterEnd(next, units);
        expect(unpack(OFFER_STATE, shrunk)).to.deep.equal({ ...opened, used: fields.used });
        expect(await types.afterGrowth(shrunk, units)).to.equal(next);
      }),
      RUNS,
    );
  });

  it("reverts for the lease after number 2^32 - 1: ids are never used twice", async () => {
    const types = await loadFixture(deployHarness);
    const fields = { provider: 1n, capacity: 9n, used: 0n, leaseCount: 2n ** 32n - 2n, tokenNumber: 1n };
    const [last, index] = await types.afterOpening(pack(OFFER_STATE, fields), 1);
    expect(index).to.equal(2n ** 32n - 1n);
    await expect(types.afterOpening(last, 1)).to.be.revertedWithPanic(0x11);
  });
});

describe("OfferTraits", () => {
  it("packs and reads every field; resources keep to their 200 bits", async () => {
    const types = await loadFixture(deployHarness);
    await holds(
      fc.asyncProperty(fieldsOf(OFFER_TRAITS), uint(56), async (fields, dirt) => {
        const { resources, minDuration, maxDuration } = fields;
        const word = await types.offerTraits(resources + dirt * 2n ** 200n, minDuration, maxDuration);
        expect(word).to.equal(pack(OFFER_TRAITS, fields));
        expect(await types.traitsFields(word)).to.deep.equal([resources, minDuration, maxDuration]);
      }),
      RUNS,
    );
  });
});

/** What `meets` must answer, field by field. */
function meets(offered: Resources, required: Resources): boolean {
  const quantities = ["cpu", "memoryMiB", "diskGiB", "bandwidthMbps"] as const;
  if (quantities.some((name) => offered[name] < required[name])) return false;
  if (required.gpuCount > 0n) {
    if (offered.gpuClass !== required.gpuClass || offered.gpuCount < required.gpuCount) return false;
  }
  if (required.region !== 0n && offered.region !== required.region) return false;
  return (offered.attributes & required.attributes) === required.attributes;
}

describe("Resources", () => {
  it("meet a requirement where every field does, whatever stands above them", async () => {
    const types = await loadFixture(deployHarness);
    const answers = new Set<boolean>();
    // Requirements near what is offered, so that both answers come up: each field is kept, lowered, raised or anything.
    const nearby = fc
      .tuple(
        fieldsOf(RESOURCES),
        fieldsOf(RESOURCES),
        fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 8, maxLength: 8 }),
      )
      .map(([offered, any, picks]) => {
        const fields = RESOURCES.map(([name, bits], i) => {
          const most = 2n ** BigInt(bits) - 1n;
          const near = [any[name], offered[name] < most ? offered[name] + 1n : most, 0n];
          return [name, near[picks[i]!] ?? offered[name]] as const;
        });
        return [offered, Object.fromEntries(fields) as unknown as Resources] as const;
      });
    await holds(
      fc.asyncProperty(nearby, uint(56), async ([offered, required], dirt) => {
        const answer = await types.meets(packResources(offered) + dirt * 2n ** 200n, packResources(required));
        expect(answer).to.equal(meets(offered, required));
        answers.add(answer);
      }),
      300,
    );
    expect(answers.size).to.equal(2);
  });

  it("have a collateral tier in the two highest bits of their GPU class, a number of GPUs and a region", async () => {
    const types = await loadFixture(deployHarness);
    await holds(
      fc.asyncProperty(fieldsOf(RESOURCES), async (resources: Resources) => {
        const word = packResources(resources);
        expect(await types.gpuTier(word)).to.equal(resources.gpuClass / 2n ** 14n);
        expect(await types.gpuCount(word)).to.equal(resources.gpuCount);
        expect(await types.region(word)).to.equal(resources.region);
      }),
      RUNS,
    );
  });
});

describe("Ids and entries", () => {
  it("make a lease id of an offer and an index, and take it apart", async () => {
    const types = await loadFixture(deployHarness);
    await holds(
      fc.asyncProperty(uint(64), uint(32), async (offer, index) => {
        const id = offer * 2n ** 32n + index;
        expect(await types.leaseId(offer, index)).to.equal(id);
        expect(await types.leaseIdFields(id)).to.deep.equal([offer, index]);
      }),
      RUNS,
    );
  });

  it("pack a movement, and add two", async () => {
    const types = await loadFixture(deployHarness);
    const account = addressOf(1n);
    await holds(
      fc.asyncProperty(uint(120), uint(127), uint(120), uint(127), async (lockA, freeA, lockB, freeB) => {
        const [a, b] = [await types.movement(lockA, freeA), await types.movement(lockB, freeB)];
        expect(a).to.equal(lockA + freeA * 2n ** 128n);
        const sum = await types.sum({ account, movement: a }, { account, movement: b });
        expect(sum).to.deep.equal([lockA + lockB, freeA + freeB]);
      }),
      RUNS,
    );
  });

  it("revert where what joins a free balance passes 128 bits", async () => {
    const types = await loadFixture(deployHarness);
    const most = { account: addressOf(1n), movement: await types.movement(0n, 2n ** 128n - 1n) };
    const one = { account: addressOf(1n), movement: await types.movement(0n, 1n) };
    await expect(types.sum(most, one)).to.be.revertedWithPanic(0x11);
  });
});
