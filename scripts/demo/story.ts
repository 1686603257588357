import { termsOf } from "../../deploy/protocol";
import { formatAmount, formatBps, parseAmount } from "../../sdk/units";
import { type Call, Proposal } from "./governance";
import { setPrice } from "./market";
import { BONDS, DAY, HOLDINGS, HOUR, MINUTE, NEW_FEE, type OfferKey, OFFERS, SILENCE } from "./plot";
import type { Stage, StoryLease } from "./stage";
import { mined, type Party, PROVIDERS, TENANTS } from "./world";

/** Leases that the story comes back to. */
interface Leases {
  /** Renewed twice. */
  readonly site: StoryLease;
  readonly otherSites: readonly StoryLease[];
  readonly early: StoryLease;
  /** Grows and shrinks. */
  readonly shop: StoryLease;
  /** Its provider fails; one is kept, one fails over, one is closed. */
  readonly kept: StoryLease;
  readonly failing: StoryLease;
  readonly dark: StoryLease;
  readonly gpu: StoryLease;
  readonly noShow: StoryLease;
}

const HOLDERS = ["Hana", "Olu"] as const;

/** Providers bond and list. */
export async function openShops(stage: Stage): Promise<void> {
  await stage.clock.start();
  for (const name of PROVIDERS) await stage.bond(name);
  for (const key of Object.keys(OFFERS) as OfferKey[]) {
    await stage.offer(key);
    const { provider, capacity, what, price, token } = OFFERS[key];
    const each = price.replace("/", ` ${token}/`);
    const bonded = formatAmount(BONDS[provider], 18);
    await stage.say(`${provider}, ${bonded} HOLD bonded, offers ${capacity} ${what} at ${each} each`);
  }
}

/** Holders vote the fee down; the proposal waits in the timelock until the leases have run for a while. */
export async function voteOnFee(stage: Stage): Promise<Proposal> {
  const { world, clock } = stage;
  const { addresses, contracts, people, parameters } = world;
  for (const name of HOLDERS) {
    await mined(contracts.hold.connect(people.founder).transfer(people[name], HOLDINGS[name]));
    await mined(contracts.hold.connect(people[name]).delegate(people[name]));
  }
  await mined(contracts.hold.connect(people.Tensorei).delegate(people.Tensorei));
  await clock.moveTo(HOUR);
  const terms = { ...termsOf(parameters.terms, addresses.treasury), feeBps: NEW_FEE.bps };
  const data = contracts.market.interface.encodeFunctionData("publishTerms", [terms, parameters.weights]);
  const calls = [{ to: await contracts.market.getAddress(), data }];
  const proposal = await Proposal.make(world, clock, "Hana", calls, "Lower the fee to 2 %");
  await stage.say("Hana proposes to lower the fee from 2.5 % to 2 %");
  await proposal.vote("for", ["Hana", "Tensorei"]);
  await proposal.vote("against", ["Olu"]);
  const { forVotes, againstVotes } = await proposal.tally();
  await stage.say(`${formatAmount(forVotes, 18)} HOLD vote for it, ${formatAmount(againstVotes, 18)} against`);
  const bonded = await contracts.hold.lockedOf(people.Tensorei);
  const free = (await contracts.hold.balanceOf(people.Tensorei)) - bonded;
  await stage.say(
    `among them Tensorei, with ${formatAmount(bonded, 18)} HOLD bonded and ${formatAmount(free, 18)} besides`,
  );
  const from = await proposal.queue();
  await stage.say("the vote is over; what it decided waits in the timelock for two days");
  await clock.reach(from - NEW_FEE.from);
  return proposal;
}

/** Tenants fund once each and open what they need; providers activate it. */
export async function openLeases(stage: Stage): Promise<Leases> {
  await stage.begin();
  const { DUSD, DCOIN } = stage.world.tokens;
  const [anas, bens] = [parseAmount("25", DUSD.decimals), parseAmount("60", DCOIN.decimals)];
  await stage.mint("Ana", "DUSD", anas);
  await stage.mint("Ben", "DCOIN", bens);

  const ana = (from: OfferKey, units: number, duration: number) => ({ tenant: "Ana", from, units, duration }) as const;
  const site = await stage.openFunded(ana("web", 1, 2 * HOUR), anas);
  await stage.say("Ana deposits 25 DUSD, lets the market spend it, and leases web hosting: one transaction");
  const otherSites = [];
  for (let more = 0; more < 3; more++) otherSites.push(await stage.open(ana("web", 1, 2 * HOUR)));
  const early = await stage.open(ana("web", 2, 6 * HOUR));
  const shop = await stage.open(ana("web", 3, 3 * HOUR));
  const kept = await stage.open(ana("cpu", 2, 3 * HOUR));
  const failing = await stage.open(ana("cpu", 1, 2 * HOUR));
  await stage.say(`Ana leases ${stage.listOf("Ana")}`);
  await stage.order(site, { period: 2 * HOUR, count: 2, maxPrice: "0.018/h", fallbacks: [] });
  await stage.say(`Ana orders that ${site.name} be renewed twice, by 2 h, at 0.018 DUSD/h at most`);
  const fallbacks = [stage.offerOf("spareCpu")];
  await stage.order(failing, { period: 4 * HOUR, count: 1, maxPrice: "0.70/h", fallbacks });
  await stage.say(`Ana orders that ${failing.name} be renewed once, by 4 h, with Tensorei's servers as its fallback`);

  await stage.fund("Ben", "DCOIN", bens);
  const ben = (from: OfferKey, units: number, duration: number) => ({ tenant: "Ben", from, units, duration }) as const;
  const gpu = await stage.open(ben("gpu", 1, 4 * HOUR));
  const noShow = await stage.open(ben("gpu", 2, 3 * HOUR));
  const dark = await stage.open(ben("cpuInCoin", 1, 3 * HOUR));
  await stage.say(`Ben deposits 60 DCOIN and leases ${stage.listOf("Ben")}`);

  await stage.passTo(2 * MINUTE);
  await stage.activate("Webhaus", [site, ...otherSites, early, shop]);
  await stage.activate("Corewerk", [kept, failing, dark]);
  await stage.activate("Tensorei", [gpu]);
  await stage.say(`Tensorei never activates ${noShow.name}`);
  return { site, otherSites, early, shop, kept, failing, dark, gpu, noShow };
}

/** A provider fails: whom it fails moves on, closes, or waits; nobody pays for its dark seconds. */
export async function failure(stage: Stage, leases: Leases): Promise<void> {
  const { early, noShow, dark, shop, site } = leases;
  await stage.passTo(SILENCE.from);
  await stage.say("Corewerk's machines go silent; everybody else's heartbeats go on");
  await stage.passTo(42 * MINUTE);
  await stage.close(early);
  await stage.say(`Ana closes ${early.name} after 40 minutes; its offer's minimum of 1 h is billed`);
  await stage.passTo(48 * MINUTE);
  await stage.awaitKeeper([noShow]);
  await stage.passTo(60 * MINUTE);
  await setPrice(stage.world, stage.offerOf("web"), "0.02/h");
  await stage.say("Webhaus raises its price to 0.02 DUSD/h: for new leases now, for renewals tomorrow");
  await stage.passTo(66 * MINUTE);
  await stage.awaitRenewal(site, 2 * HOUR);
  await stage.say(
    `the keeper renewed ${site.name} as Ana ordered: the raise does not count yet, so it costs 0.018 DUSD/h`,
  );
  await stage.passTo(70 * MINUTE);
  await stage.resize(shop, 5);
  await stage.say(
    `Ana resizes ${shop.name} from 3 units to 5: the two more cost 0.02 DUSD/h, the others what they did`,
  );
  await stage.passTo(80 * MINUTE);
  await stage.close(dark);
  await stage.say(`Ben closes ${dark.name} after 78 minutes: dark for too long, so its minimum of 2 h is not billed`);
  await stage.passTo(SILENCE.to);
  await stage.say("Corewerk is heard again: its dark seconds are nobody's bill, and its collateral owes a credit");
}

/** In the last quarter of a lease whose provider was dark for too long, it goes on with its fallback. */
export async function failOver(stage: Stage, { failing }: Leases): Promise<StoryLease> {
  await stage.passTo(93 * MINUTE);
  const moved = await stage.awaitFailOver(failing, "spareCpu", 4 * HOUR);
  await stage.say(
    `the keeper failed ${failing.name} over to Tensorei, as Corewerk was dark for too long: ${moved.name} is open`,
  );
  await stage.activate("Tensorei", [moved]);
  return moved;
}

/** The new fee comes into force: of what is opened from now on, and of nothing that was opened before. */
export async function lowerFee(stage: Stage, proposal: Proposal, { site, shop }: Leases): Promise<StoryLease> {
  await stage.passTo(NEW_FEE.from);
  await stage.changeFee(proposal, NEW_FEE.bps);
  await stage.say("anybody executes what was voted: the fee is 2 % from now on");
  const late = await stage.open({ tenant: "Ana", from: "web", units: 1, duration: 2 * HOUR });
  const fees = await Promise.all(
    [site, shop, late].map(async ({ id, name }) => {
      const { feeBps } = await stage.world.contracts.lens.leaseView(id);
      return `${name} pays ${formatBps(feeBps)}`;
    }),
  );
  await stage.say(`Ana leases ${late.name}: ${fees.join(", ")}`);
  await stage.activate("Webhaus", [late]);
  return late;
}

/** The rest of the leases, to their ends. */
export async function laterHours(
  stage: Stage,
  leases: Leases,
  { moved, late }: { readonly moved: StoryLease; readonly late: StoryLease },
): Promise<void> {
  const { site, otherSites, shop, kept, failing, gpu } = leases;
  await stage.passTo(100 * MINUTE);
  await mined(stage.marketOf("Tensorei").collect([gpu.id]));
  await stage.say(`Tensorei collects what ${gpu.name} earned so far, while it runs`);
  await stage.passTo(2 * HOUR + 3 * MINUTE);
  await stage.awaitKeeper([failing, ...otherSites]);
  await stage.passTo(2 * HOUR + 20 * MINUTE);
  await stage.resize(shop, 2);
  await stage.say(`Ana resizes ${shop.name} to 2 units: the rest of what it locked is free again at once`);
  await stage.passTo(2 * HOUR + 50 * MINUTE);
  await setPrice(stage.world, stage.offerOf("web"), "0.016/h");
  await stage.say("Webhaus cuts its price to 0.016 DUSD/h: for renewals, too, at once");
  await stage.passTo(3 * HOUR + 10 * MINUTE);
  await stage.awaitRenewal(site, 2 * HOUR);
  await stage.say(`the keeper renewed ${site.name} again, at 0.016 DUSD/h from then on; Webhaus is paid for what was`);
  await stage.awaitKeeper([shop, kept]);
  await stage.passTo(4 * HOUR + 3 * MINUTE);
  await stage.awaitKeeper([gpu, late]);
  await stage.passTo(6 * HOUR + 3 * MINUTE);
  await stage.awaitKeeper([site, moved]);
}

/**
 * Everything earned is collected, collateral and penalties find their owners. Returns the proposal that pays the fees,
 * which was voted for.
 */
export async function settle(stage: Stage): Promise<Proposal> {
  const { contracts, people } = stage.world;
  const activated = stage.leases.filter(({ activatedAt }) => activatedAt !== undefined).map(({ id }) => id);
  await mined(stage.marketOf("keeper").collect(activated));
  await stage.say(
    `providers are paid for all ${activated.length} leases, the treasury takes its fee, Corewerk's collateral pays its service credits: one transaction, by anyone`,
  );
  await stage.clock.moveTo(13 * HOUR);
  await mined(stage.marketOf("keeper").collect(activated));
  await stage.say("the time for claims is over: collateral returns to the providers' free bonds");

  const pays = await proposeToPay(stage);
  await stage.clock.moveTo(15 * DAY);
  for (const payee of ["Ana", "Ben"] as const) {
    const own = await penaltiesOf(stage, payee);
    await mined(contracts.staking.connect(people[payee]).claimPenalties(own, people[payee]));
  }
  await pays.penalties.execute();
  await stage.say("the penalties have matured: Ana and Ben take their parts, the treasury its own, as was voted");
  return pays.fees;
}

/** Penalties that are in part this payee's. */
async function penaltiesOf({ world }: Stage, payee: Party): Promise<bigint[]> {
  const { staking } = world.contracts;
  const address = world.addresses[payee];
  const penalties = await staking.queryFilter(staking.filters.Penalised(), world.deployment.book.startBlock);
  const own = penalties.filter(({ args }) => args.tenant === address || args.treasury === address);
  return own.map(({ args }) => args.penaltyId);
}

/** The treasury is nobody's: it takes what is its, and pays, when holders of HOLD have voted for it. */
async function proposeToPay(stage: Stage): Promise<{ penalties: Proposal; fees: Proposal }> {
  const { world, clock } = stage;
  const { addresses, tokens } = world;
  const { escrow, staking } = world.contracts;
  const propose = (calls: readonly Call[], title: string) => Proposal.make(world, clock, "Hana", calls, title);
  const claim = [await penaltiesOf(stage, "treasury"), addresses.treasury] as const;
  const penalties = await propose(
    [{ to: await staking.getAddress(), data: staking.interface.encodeFunctionData("claimPenalties", [...claim]) }],
    "Take the treasury's part of the penalties",
  );
  const withdrawals = Object.values(tokens).map(async ({ address }) => {
    const amount = await escrow.freeOf(address, addresses.treasury);
    const data = escrow.interface.encodeFunctionData("withdraw", [address, addresses.founder, amount]);
    return { to: await escrow.getAddress(), data };
  });
  const fees = await propose(await Promise.all(withdrawals), "Pay the fees so far to the founder");
  await stage.say("nobody owns the treasury: to take its penalties and to pay out its fees takes two proposals");

  for (const proposal of [penalties, fees]) await proposal.vote("for", HOLDERS);
  for (const proposal of [penalties, fees]) await proposal.queue();
  await stage.say("holders of HOLD voted for both, which wait in the timelock");
  return { penalties, fees };
}

/** Everybody takes everything out. */
export async function leave({ world }: Stage, fees: Proposal): Promise<void> {
  const { contracts, people, tokens } = world;
  await fees.execute();
  for (const name of [...PROVIDERS, ...TENANTS, "keeper"] as const) {
    for (const { address } of Object.values(tokens)) {
      const free = await contracts.escrow.freeOf(address, people[name]);
      if (free > 0n) await mined(contracts.escrow.connect(people[name]).withdraw(address, people[name], free));
    }
  }
}
