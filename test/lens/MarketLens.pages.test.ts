import { expect } from "chai";

import { openMarketFixture } from "../helpers/fixture";
import { leaseIdOf } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { activeLease, offerOf, type PendingLease, pendingLease } from "../helpers/scene";
import { moveTo } from "../helpers/time";

/** Leases 1-1 (A), 1-2 (B), 1-3 (A), none of offer 2, 3-1 (B), 3-2 (A), none of offer 4; offer 5: 5-1 (A). */
async function pagesFixture() {
  const f = await loadFixture(openMarketFixture);
  const offer4 = await offerOf(f, {});
  const offer5 = await offerOf(f, {});
  const leases: PendingLease[] = [];
  for (const [offer, tenant] of [
    [f.offerA, f.tenantA],
    [f.offerA, f.tenantB],
    [f.offerA, f.tenantA],
    [f.offerC, f.tenantB],
    [f.offerC, f.tenantA],
    [offer5, f.tenantA],
  ] as const) {
    leases.push(await pendingLease(f, { offer, tenant }));
  }
  return { f, offer4, offer5, leases, ids: leases.map(({ id }) => id) };
}

describe("MarketLens: pages of leases", () => {
  describe("leasesOfTenant", () => {
    it("finds all of a tenant, and none of a stranger, in one page", async () => {
      const { f, ids } = await loadFixture(pagesFixture);
      const [first, second, third, fourth, fifth, sixth] = ids;
      expect(await f.lens.leasesOfTenant(f.tenantA, 0, 99)).to.deep.equal([[first, third, fifth, sixth], 0n]);
      expect(await f.lens.leasesOfTenant(f.tenantB, 0, 99)).to.deep.equal([[second, fourth], 0n]);
      expect(await f.lens.leasesOfTenant(f.stranger, 0, 99)).to.deep.equal([[], 0n]);
    });

    for (const scan of [1, 2, 3, 4, 5, 6, 7, 8, 9]) {
      it(`finds each once in pages of ${scan} looks`, async () => {
        const { f, ids } = await loadFixture(pagesFixture);
        const found: bigint[] = [];
        let pages = 0;
        let from = 0n;
        do {
          const [page, next] = await f.lens.leasesOfTenant(f.tenantA, from, scan);
          expect(page.length).to.be.at.most(scan);
          found.push(...page);
          from = next;
          pages += 1;
        } while (from !== 0n);
        expect(found).to.deep.equal([ids[0], ids[2], ids[4], ids[5]]);
        // Six leases and two offers without any are eight looks.
        expect(pages).to.equal(Math.ceil(8 / scan));
      });
    }

    it("goes on from any id, there or not", async () => {
      const { f, ids, offer4, offer5 } = await loadFixture(pagesFixture);
      const from = async (id: bigint) => (await f.lens.leasesOfTenant(f.tenantA, id, 99))[0];
      expect(await from(leaseIdOf(f.offerA, 2))).to.deep.equal([ids[2], ids[4], ids[5]]);
      expect(await from(leaseIdOf(f.offerA, 77))).to.deep.equal([ids[4], ids[5]]);
      expect(await from(leaseIdOf(offer4, 1))).to.deep.equal([ids[5]]);
      expect(await from(leaseIdOf(offer5, 2))).to.deep.equal([]);
      expect(await from(leaseIdOf(99n, 1))).to.deep.equal([]);
    });

    it("looks at nothing where it may look at nothing, and stays where it is", async () => {
      const { f, ids } = await loadFixture(pagesFixture);
      expect(await f.lens.leasesOfTenant(f.tenantA, ids[2]!, 0)).to.deep.equal([[], ids[2]]);
    });
  });

  describe("dueLeases", () => {
    const EXPIRE = 0n;
    const CANCEL_NO_SHOW = 1n;

    it("finds active leases from their end on, and pending ones from their cutoff on", async () => {
      const f = await loadFixture(openMarketFixture);
      const active = await activeLease(f);
      const pending = await pendingLease(f, { offer: f.offerC });
      const due = async (second: number) => {
        await moveTo(second);
        return f.lens.dueLeases(0, 99);
      };
      const noShow = [pending.id, CANCEL_NO_SHOW, BigInt(pending.cutoff), pending.token, pending.bounty];
      const expiry = [active.id, EXPIRE, BigInt(active.end), active.token, active.bounty];
      expect(await due(pending.cutoff - 1)).to.deep.equal([[], 0n]);
      expect(await due(pending.cutoff)).to.deep.equal([[noShow], 0n]);
      expect(await due(active.end - 1)).to.deep.equal([[noShow], 0n]);
      expect(await due(active.end)).to.deep.equal([[expiry, noShow], 0n]);
      await f.market.expire([active.id]);
      await f.market.cancelNoShows([pending.id]);
      expect(await f.lens.dueLeases(0, 99)).to.deep.equal([[], 0n]);
    });

    it("shows what each action then pays: nothing is due afterwards", async () => {
      const { f, ids, leases } = await loadFixture(pagesFixture);
      await moveTo(leases[5]!.cutoff);
      const [due] = await f.lens.dueLeases(0, 99);
      expect(due.map(({ leaseId }) => leaseId)).to.deep.equal(ids);
      const before = await f.escrow.freeOf(f.usd6, f.keeper);
      await f.market.connect(f.keeper).cancelNoShows(due.map(({ leaseId }) => leaseId));
      const bounties = due.filter(({ token }) => token === f.usd6.target).map(({ bounty }) => bounty);
      expect((await f.escrow.freeOf(f.usd6, f.keeper)) - before).to.equal(bounties.reduce((a, b) => a + b, 0n));
      expect(await f.lens.dueLeases(0, 99)).to.deep.equal([[], 0n]);
    });

    it("pages as leasesOfTenant does", async () => {
      const { f, ids, leases } = await loadFixture(pagesFixture);
      await moveTo(leases[5]!.cutoff);
      const [first, next] = await f.lens.dueLeases(0, 5);
      expect(first.map(({ leaseId }) => leaseId)).to.deep.equal(ids.slice(0, 4));
      const [second, end] = await f.lens.dueLeases(next, 5);
      expect(second.map(({ leaseId }) => leaseId)).to.deep.equal(ids.slice(4));
      expect(end).to.equal(0n);
    });
  });
});
