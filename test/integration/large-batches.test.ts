import { expect } from "chai";

import { openMarketFixture } from "../helpers/fixture";
import { LeaseStatus, leaseIdOf } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { anOrder } from "../helpers/orders";
import { HOUR, listingOf } from "../helpers/parameters";
import { moveTo, now } from "../helpers/time";
import { storedLease, storedOffer } from "../helpers/words";

const LEASES = 200;
/** Most gas that one transaction may use. */
const MOST_GAS = 2n ** 24n;

/** Two hundred leases of offerA, of both tenants in turns: the first half active, the others never activated. */
async function crowdFixture() {
  const f = await loadFixture(openMarketFixture);
  await f.market.connect(f.providerA).setCapacity(f.offerA, LEASES);
  const order = await anOrder(f.market, { token: await f.usd6.getAddress(), offers: [f.offerA], duration: HOUR });
  for (let i = 0; i < LEASES; ++i) await f.market.connect(i % 2 === 0 ? f.tenantA : f.tenantB).open(order);
  const ids = Array.from({ length: LEASES }, (_, i) => leaseIdOf(f.offerA, i + 1));
  const [toExpire, noShows] = [ids.slice(0, LEASES / 2), ids.slice(LEASES / 2)];
  await f.liveness.connect(f.operatorA).heartbeat(f.providerA);
  await f.market.connect(f.operatorA).activate(toExpire);
  await moveTo((await now()) + HOUR);
  return { f, toExpire, noShows };
}

describe("ATK-LSE-3: large batches, poisoned", () => {
  for (const duty of ["expire", "cancelNoShows"] as const) {
    it(`${duty}: what is poisoned in a batch of 200 is skipped, and the second keeper finds nothing (INV-LSE-7)`, async () => {
      const { f, toExpire, noShows } = await loadFixture(crowdFixture);
      const due = duty === "expire" ? toExpire : noShows;
      const others = duty === "expire" ? noShows : toExpire;
      // Half of the batch is not due: other states, unknown ids and duplicates, among those that are.
      const poison = [0n, 2n ** 96n - 1n, leaseIdOf(f.offerA, LEASES + 1), due[0]!, ...others].slice(0, due.length);
      const batch = due.flatMap((id, i) => [poison[i]!, id]);
      expect(batch.length).to.equal(LEASES);

      const sent = await f.market.connect(f.keeper)[duty](batch);
      const receipt = await sent.wait();
      expect(receipt!.gasUsed).to.be.lessThan(MOST_GAS);
      await f.market.connect(f.stranger)[duty](batch);
      const { bounty } = listingOf(6);
      expect(await f.escrow.freeOf(f.usd6, f.keeper)).to.equal(bounty * BigInt(due.length));
      expect(await f.escrow.freeOf(f.usd6, f.stranger)).to.equal(0n);
      const [ended, before] =
        duty === "expire" ? [LeaseStatus.Closed, LeaseStatus.Pending] : [LeaseStatus.Cancelled, LeaseStatus.Active];
      for (const id of due) expect(await storedLease(f.market, id)).to.include({ status: ended });
      for (const id of others) expect(await storedLease(f.market, id)).to.include({ status: before });
      expect((await storedOffer(f.market, f.offerA)).used).to.equal(BigInt(others.length));
    });
  }
});
