import { expect } from "chai";
import { getAddress, toBeHex, ZeroAddress } from "ethers";

import { loadFixture } from "../helpers/loadFixture";
import { at, moveTo, now, secondOf } from "../helpers/time";
import { councilFixture, inOneSecond, type Move } from "./seating";

const MOST_SEATS = 99;
/** An address for each number, of somebody who never acts. */
const someone = (number: number): string => getAddress(toBeHex(0xc0_0000 + number, 20));

/** Three members: `first` seated at second `start`, `second` ten seconds later, `third` twenty. */
async function seatedFixture() {
  const fixture = await councilFixture();
  const [first, second, third] = [fixture.others[0]!, fixture.others[1]!, fixture.others[2]!];
  const start = (await now()) + 10;
  for (const [index, member] of [first, second, third].entries()) {
    await at(start + 10 * index, () => fixture.governed.seat(member));
  }
  return { ...fixture, first, second, third, start };
}

describe("Council", () => {
  it("is founded without members, under the authority it was given", async () => {
    const { council, authority, stranger } = await loadFixture(councilFixture);
    expect(await council.authority()).to.equal(await authority.getAddress());
    expect(await council.seats()).to.equal(0n);
    expect(await council.seatedSince(stranger)).to.equal(0n);
    expect(await council.eligibleAt((await now()) - 1, [])).to.equal(0n);
    expect(await council.eligibleAt((await now()) - 1, [stranger])).to.equal(0n);
  });

  describe("seat", () => {
    it("gives a seat from that second on, and announces how many there are", async () => {
      const { council, governed, tenantA, stranger } = await loadFixture(councilFixture);
      const second = (await now()) + 10;
      for (const [index, member] of [tenantA, stranger].entries()) {
        await expect(at(second + index, () => governed.seat(member)))
          .to.emit(council, "Seated")
          .withArgs(member, index + 1);
        expect(await council.seats()).to.equal(index + 1);
        expect(await council.seatedSince(member)).to.equal(second + index);
      }
    });

    it("reverts for a member, who keeps the seat it has", async () => {
      const { council, governed, first, start } = await loadFixture(seatedFixture);
      await expect(governed.seat(first)).to.be.revertedWithCustomError(council, "CouncilAlreadySeated").withArgs(first);
      expect(await council.seatedSince(first)).to.equal(start);
      expect(await council.seats()).to.equal(3n);
    });

    it("reverts for the zero address", async () => {
      const { council, governed } = await loadFixture(councilFixture);
      await expect(governed.seat(ZeroAddress)).to.be.revertedWithCustomError(council, "CouncilZeroMember").withArgs();
    });

    it("tells how many seats there are", async () => {
      const { council } = await loadFixture(councilFixture);
      expect(await council.MAX_SEATS()).to.equal(MOST_SEATS);
    });

    it("fills 99 seats and no more, until one is empty again", async () => {
      const { council, authority, admin, governed } = await loadFixture(councilFixture);
      const members = Array.from({ length: MOST_SEATS }, (_, index) => someone(index));
      const moves = members.map((member): Move => ["seat", member]);
      await inOneSecond(authority.connect(admin), council, moves.slice(0, -1));
      await expect(governed.seat(members[MOST_SEATS - 1]!))
        .to.emit(council, "Seated")
        .withArgs(members[MOST_SEATS - 1], MOST_SEATS);

      const late = someone(MOST_SEATS);
      await expect(governed.seat(late)).to.be.revertedWithCustomError(council, "CouncilFull").withArgs(MOST_SEATS);
      await expect(governed.seat(members[0]!))
        .to.be.revertedWithCustomError(council, "CouncilAlreadySeated")
        .withArgs(members[0]);

      await governed.unseat(members[0]!);
      await expect(governed.seat(late)).to.emit(council, "Seated").withArgs(late, MOST_SEATS);
      await expect(governed.seat(members[0]!))
        .to.be.revertedWithCustomError(council, "CouncilFull")
        .withArgs(MOST_SEATS);
    });
  });

  describe("unseat", () => {
    it("takes the seat, and announces how many are left", async () => {
      const { council, governed, first, second, third } = await loadFixture(seatedFixture);
      for (const [member, left] of [
        [second, 2],
        [first, 1],
        [third, 0],
      ] as const) {
        await expect(governed.unseat(member)).to.emit(council, "Unseated").withArgs(member, left);
        expect(await council.seats()).to.equal(left);
        expect(await council.seatedSince(member)).to.equal(0n);
      }
    });

    it("reverts for whom has no seat: not yet, not any more, or the zero address", async () => {
      const { council, governed, first, stranger } = await loadFixture(seatedFixture);
      await governed.unseat(first);
      for (const member of [stranger.address, first.address, ZeroAddress]) {
        await expect(governed.unseat(member))
          .to.be.revertedWithCustomError(council, "CouncilNotSeated")
          .withArgs(member);
      }
      expect(await council.seats()).to.equal(2n);
    });
  });

  it("lets nobody but governance seat and unseat: no member, no guardian, no party of a lease", async () => {
    const { council, first, guardian, stranger, providerA, tenantA } = await loadFixture(seatedFixture);
    for (const caller of [first, guardian, stranger, providerA, tenantA]) {
      for (const [move, member] of [
        ["seat", caller],
        ["unseat", first],
      ] as const) {
        await expect(council.connect(caller)[move](member))
          .to.be.revertedWithCustomError(council, "AccessManagedUnauthorized")
          .withArgs(caller);
      }
    }
    expect(await council.seats()).to.equal(3n);
  });

  describe("seatedSince", () => {
    it("starts anew for a member that was unseated and seated again (ATK-DSP-7)", async () => {
      const { council, governed, first, second, start } = await loadFixture(seatedFixture);
      await at(start + 100, () => governed.unseat(first));
      expect(await council.seatedSince(first)).to.equal(0n);
      await at(start + 200, () => governed.seat(first));
      expect(await council.seatedSince(first)).to.equal(start + 200);
      expect(await council.seatedSince(second)).to.equal(start + 10);
    });

    it("starts anew after a break within one second, too (ATK-DSP-7)", async () => {
      const { council, authority, admin, first, start } = await loadFixture(seatedFixture);
      const moves: Move[] = [
        ["unseat", first],
        ["seat", first],
      ];
      await at(start + 100, () => inOneSecond(authority.connect(admin), council, moves));
      expect(await council.seatedSince(first)).to.equal(start + 100);
      expect(await council.seats()).to.equal(3n);
    });

    for (const [said, moves, seated] of [
      ["seated and unseated", ["seat", "unseat"], false],
      ["seated, unseated and seated", ["seat", "unseat", "seat"], true],
    ] as const) {
      it(`is what the last move left of somebody ${said} within one second`, async () => {
        const { council, authority, admin, stranger } = await loadFixture(seatedFixture);
        const script = moves.map((move): Move => [move, stranger]);
        const second = await secondOf(await inOneSecond(authority.connect(admin), council, script));
        expect(await council.seatedSince(stranger)).to.equal(seated ? second : 0);
        expect(await council.seats()).to.equal(seated ? 4n : 3n);
      });
    }
  });

  describe("eligibleAt", () => {
    it("counts a seat from its second on, up to the one in which it is taken (INV-DSP-3)", async () => {
      const { council, governed, first, third, start } = await loadFixture(seatedFixture);
      await at(start + 30, () => governed.unseat(first));
      await at(start + 40, () => governed.unseat(third));
      await moveTo(start + 1_000);
      for (const [second, seats] of [
        [0, 0],
        [start - 1, 0],
        [start, 1],
        [start + 9, 1],
        [start + 10, 2],
        [start + 19, 2],
        [start + 20, 3],
        [start + 29, 3],
        [start + 30, 2],
        [start + 39, 2],
        [start + 40, 1],
        [start + 999, 1],
      ] as const) {
        expect(await council.eligibleAt(second, []), `${second - start} s`).to.equal(seats);
      }
    });

    it("is asked about seconds that are over: its answers are final (INV-DSP-3)", async () => {
      const { council, authority, admin, first, stranger, start } = await loadFixture(seatedFixture);
      const present = start + 50;
      await moveTo(present);
      for (const second of [present, present + 1, 2 ** 48 - 1]) {
        await expect(council.eligibleAt(second, [first]))
          .to.be.revertedWithCustomError(council, "CouncilSecondNotOver")
          .withArgs(second, present);
      }
      expect(await council.eligibleAt(present - 1, [])).to.equal(3n);
      const moves: Move[] = [
        ["seat", stranger],
        ["unseat", first],
        ["seat", someone(1)],
      ];
      await at(present + 1, () => inOneSecond(authority.connect(admin), council, moves));
      expect(await council.eligibleAt(present, [])).to.equal(3n);
      await moveTo(present + 2);
      expect(await council.eligibleAt(present + 1, [])).to.equal(4n);
    });

    it("leaves out each party that was seated then, once however often it is named (INV-DSP-3)", async () => {
      const { council, first, second, third, stranger, providerA, start } = await loadFixture(seatedFixture);
      await moveTo(start + 1_000);
      for (const [parties, eligible] of [
        [[], 3n],
        [[stranger, providerA], 3n],
        [[ZeroAddress, ZeroAddress], 3n],
        [[first], 2n],
        [[first, first], 2n],
        [[stranger, first, ZeroAddress, first], 2n],
        [[first, second], 1n],
        [[second, first, second, first], 1n],
        [[first, second, third], 0n],
        [[third, second, first, third, ZeroAddress, second, first], 0n],
      ] as const) {
        const names = parties.map((party) => (typeof party === "string" ? party : party.address));
        expect(await council.eligibleAt(start + 20, names), names.join()).to.equal(eligible);
      }
    });

    it("leaves out a party for the seconds in which it was seated, and no others (INV-DSP-3)", async () => {
      const { council, governed, second, start } = await loadFixture(seatedFixture);
      await at(start + 100, () => governed.unseat(second));
      await at(start + 200, () => governed.seat(second));
      await moveTo(start + 1_000);
      for (const [instant, eligible] of [
        [start + 9, 1n],
        [start + 10, 1n],
        [start + 20, 2n],
        [start + 99, 2n],
        [start + 100, 2n],
        [start + 199, 2n],
        [start + 200, 2n],
      ] as const) {
        expect(await council.eligibleAt(instant, [second]), `${instant - start} s`).to.equal(eligible);
      }
    });

    it("stays as it was whatever becomes of the council: packed, emptied or exchanged later (INV-DSP-3, ATK-DSP-7)", async () => {
      const { council, authority, admin, governed, first, second, third, start } = await loadFixture(seatedFixture);
      const filedAt = start + 100;
      await at(filedAt, () => governed.unseat(first));
      const packing = Array.from({ length: 20 }, (_, index): Move => ["seat", someone(index)]);
      await inOneSecond(authority.connect(admin), council, packing);
      expect(await council.eligibleAt(filedAt - 1, [third])).to.equal(2n);
      for (const [move, member] of [
        ["seat", first],
        ["unseat", second],
        ["unseat", third],
      ] as const) {
        await governed[move](member);
        expect(await council.eligibleAt(filedAt - 1, [])).to.equal(3n);
        expect(await council.eligibleAt(filedAt - 1, [third])).to.equal(2n);
      }
    });

    it("counts what the end of a second left, of several moves in it", async () => {
      const { council, authority, admin, first, second, stranger, start } = await loadFixture(seatedFixture);
      const scripts: [Move[], bigint][] = [
        [
          [
            ["seat", stranger],
            ["unseat", stranger],
          ],
          3n,
        ],
        [
          [
            ["unseat", first],
            ["seat", first],
          ],
          3n,
        ],
        [
          [
            ["unseat", first],
            ["seat", stranger],
          ],
          3n,
        ],
        [
          [
            ["unseat", second],
            ["seat", first],
            ["unseat", stranger],
          ],
          2n,
        ],
        [
          [
            ["seat", stranger],
            ["seat", second],
            ["unseat", first],
            ["seat", first],
          ],
          4n,
        ],
      ];
      for (const [index, [moves]] of scripts.entries()) {
        await at(start + 100 + 10 * index, () => inOneSecond(authority.connect(admin), council, moves));
      }
      await moveTo(start + 1_000);
      let before = 3n;
      for (const [index, [, seats]] of scripts.entries()) {
        const instant = start + 100 + 10 * index;
        expect(await council.eligibleAt(instant - 1, []), `before script ${index}`).to.equal(before);
        expect(await council.eligibleAt(instant, []), `after script ${index}`).to.equal(seats);
        before = seats;
      }
      expect(await council.eligibleAt(start + 110, [first])).to.equal(2n);
      expect(await council.eligibleAt(start + 120, [first])).to.equal(3n);
    });
  });
});
