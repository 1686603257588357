import { expect } from "chai";
import { MaxUint256 } from "ethers";

import { ranAnHour } from "../gas/changes";
import { buildWorld, MONTH, running, type World } from "../gas/world";
import { APPEAL_WINDOW, disputeIdOf, EVIDENCE, FaultClass, concede, present } from "../helpers/disputes";
import { loadFixture } from "../helpers/loadFixture";
import { HOUR } from "../helpers/parameters";
import { now, pass } from "../helpers/time";

const LEASES = 1_000;
const PAST_DISPUTES = 40;
const UNBONDING_REQUESTS = 40;
/** Ids with other bytes in them cost other calldata. */
const ROUGHLY = 200;

interface Sent {
  wait(): Promise<{ gasUsed: bigint } | null>;
}

async function gasOf(sent: Promise<Sent>): Promise<number> {
  const receipt = await (await sent).wait();
  if (receipt === null) throw new Error("The transaction is not mined");
  return Number(receipt.gasUsed);
}

/** The world of the gas report, in which every party of a dispute has had one. */
async function disputedWorld(): Promise<World> {
  const world = await buildWorld();
  const { hold, disputes, tenant, provider } = world;
  for (const party of [tenant, provider]) await hold.connect(party).approve(disputes, MaxUint256);
  await dispute(world);
  return world;
}

/** Leads a dispute about a new lease to its end: what each step costs. */
async function dispute(world: World): Promise<Record<string, number>> {
  const { disputes, staking, tenant, provider, keeper, memberA, memberB, memberC } = world;
  const leaseId = await ranAnHour(world);
  const id = disputeIdOf(leaseId, tenant);
  const faultStart = (await now()) + 1 - HOUR / 2;
  const file = await gasOf(disputes.connect(tenant).file(leaseId, tenant, FaultClass.DataLost, faultStart, EVIDENCE));
  const answer = await gasOf(present(disputes.connect(provider)).answer(id));
  const rule = await gasOf(present(disputes.connect(memberA)).rule(id, true));
  await present(disputes.connect(memberB)).rule(id, true);
  const decide = await gasOf(present(disputes.connect(memberC)).rule(id, true));
  await pass(APPEAL_WINDOW);
  const penalties = await staking.penaltyCount();
  const execute = await gasOf(disputes.connect(keeper).execute(id));
  expect(await staking.penaltyCount()).to.equal(penalties + 1n);
  const settle = await gasOf(disputes.connect(keeper).settle(id));
  return { file, answer, rule, decide, execute, settle };
}

/** The same after the world grew. */
async function costsAfter(grow: (world: World) => Promise<unknown>) {
  const alone = await dispute(await loadFixture(disputedWorld));
  const world = await loadFixture(disputedWorld);
  await grow(world);
  return { alone, grown: await dispute(world) };
}

async function expectSame(grow: (world: World) => Promise<unknown>): Promise<void> {
  const { alone, grown } = await costsAfter(grow);
  for (const [step, gas] of Object.entries(alone)) expect(grown[step], step).to.be.closeTo(gas, ROUGHLY);
}

// The gas report measures the same with 10,000 leases.
describe("Disputes: scale", () => {
  it(`slashes a provider of ${LEASES} open leases in one transaction that costs what it costs with one`, async () => {
    await expectSame((world) =>
      running(
        world,
        Array.from({ length: LEASES }, () => ({ tenant: world.tenant.address, duration: MONTH })),
      ),
    );
  });

  it(`costs the same after ${PAST_DISPUTES} disputes, of which some are open`, async () => {
    await expectSame(async (world) => {
      const { disputes, tenant, provider, stranger, hold, admin } = world;
      const leaseId = await ranAnHour(world);
      await hold.connect(admin).transfer(stranger, 10n ** 24n);
      await hold.connect(stranger).approve(disputes, MaxUint256);
      for (let index = 0; index < PAST_DISPUTES; index++) {
        await disputes.connect(tenant).file(leaseId, tenant, FaultClass.Unserved, (await now()) - 60, EVIDENCE);
        const id = disputeIdOf(leaseId, tenant);
        if (index % 2 === 0) await present(disputes.connect(tenant)).withdraw(id);
        else {
          await concede(disputes, provider, id);
          await disputes.execute(id);
          await disputes.settle(id);
        }
      }
      await disputes.connect(stranger).file(leaseId, tenant, FaultClass.Unserved, (await now()) - 60, EVIDENCE);
    });
  });

  it(`costs the same while the provider unbonds, after ${UNBONDING_REQUESTS} requests`, async () => {
    await expectSame(async ({ staking, market, provider }) => {
      for (let index = 0; index < UNBONDING_REQUESTS; index++) {
        await staking.connect(provider).startUnbonding(market, 1_000n);
      }
    });
  });
});
