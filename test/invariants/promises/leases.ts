import { LeaseStatus } from "../../helpers/leases";
import { Tally } from "../model/plain";
import { Broken } from "./broken";
import type { Scene } from "./checks";
import { type LeaseStory, offerOf, stillLocked } from "./stories";

/** Longer than this no claim keeps a lease from being released. */
const CLAIM_LIFE = 60n * 86_400n;

const { None, Pending, Active, Closed, Cancelled, Released } = LeaseStatus;

/** Where a lease may go, in any number of steps. */
const AFTER = new Map<bigint, readonly bigint[]>([
  [None, [Pending, Active, Closed, Cancelled, Released]],
  [Pending, [Active, Closed, Cancelled, Released]],
  [Active, [Closed, Released]],
  [Closed, [Released]],
  [Cancelled, []],
  [Released, []],
]);

/**
 * INV-LSE-1 to INV-LSE-6, INV-LSE-8 and INV-LSE-9; what single events say of them is held by `Stories`. Remembers how it
 * saw each lease last.
 */
export class LeaseChecks {
  readonly #status = new Map<string, bigint>();

  check(scene: Scene): void {
    for (const key of scene.leases) this.#checkLease(scene, key.slice("lease/".length));
    checkSums(scene);
  }

  #checkLease(scene: Scene, id: string): void {
    const { mirror, history, count } = scene;
    const story = history.leases.get(id);
    if (story === undefined) throw new Broken("INV-LSE-5", `lease ${id} exists, and no event opened it`);
    const status = mirror.field(`lease/${id}`, "status");
    this.#checkStatus(id, status, story);
    count("INV-LSE-5");
    checkFrozen(scene, id, story);
    count("INV-LSE-9");
    checkClaims(scene, id, status, story);
    checkBilled(scene, id, status, story);
    count("INV-LSE-1");
    count("INV-LSE-4");

    const held = stillLocked(story);
    const empty = status === Cancelled || status === Released || story.settled;
    if (held < 0n || (empty && held !== 0n)) {
      throw new Broken("INV-LSE-2", `lease ${id}: of ${story.locked} that were locked, ${held} are left`);
    }
    count("INV-LSE-2");
    if (story.settled !== (mirror.field(`lease/${id}`, "settled") === 1n)) {
      throw new Broken("INV-LSE-3", `lease ${id}: settled is ${story.settled} by events only`);
    }
    count("INV-LSE-3");
    const own = story.received.of(story.provider);
    if (story.parties.size === 1 && own > story.locked) {
      throw new Broken("INV-LSE-8", `own lease ${id}: ${story.locked} went in, ${own} came back`);
    }
    if (story.parties.size === 1) count("INV-LSE-8");
  }

  #checkStatus(id: string, status: bigint, story: LeaseStory): void {
    const before = this.#status.get(id) ?? None;
    if (status !== before && !AFTER.get(before)!.includes(status)) {
      throw new Broken("INV-LSE-5", `lease ${id} went from ${before} to ${status}`);
    }
    const ended = status !== Pending && status !== Active;
    if (story.endings !== (ended ? 1 : 0))
      throw new Broken("INV-LSE-5", `lease ${id}: ${story.endings} ends in ${status}`);
    this.#status.set(id, status);
  }
}

/** Nothing is paid for before the start; a closed lease stays as it was closed. */
function checkBilled({ mirror }: Scene, id: string, status: bigint, story: LeaseStory): void {
  const key = `lease/${id}`;
  const paid = mirror.field(key, "paidSeconds");
  if ((status === Pending || status === Cancelled) && paid + story.paid + story.fee !== 0n) {
    throw new Broken("INV-LSE-4", `lease ${id} paid ${story.paid + story.fee} for ${paid} s without having started`);
  }
  if (status !== Closed && status !== Released) return;
  const seen = [mirror.field(key, "since") + mirror.field(key, "duration"), mirror.field(key, "mark")];
  const told = [story.end, story.billed];
  if (seen.join() !== told.join()) {
    throw new Broken("INV-LSE-4", `closed lease ${id}: end and billed seconds were ${told.join()}, are ${seen.join()}`);
  }
}

/** What nobody changed by an event is as it was. */
function checkFrozen({ mirror }: Scene, id: string, story: LeaseStory): void {
  const key = `lease/${id}`;
  const changed = mirror.field(key, "changed") === 1n;
  const seen: Record<string, bigint> = {
    tenant: mirror.field(key, "tenant"),
    units: mirror.field(key, "units"),
    rate: mirror.field(key, "rate"),
    feeBps: mirror.field(key, "feeBps"),
    noticed: mirror.field(key, "noticed"),
    ...(changed ? { collateral: mirror.field(key, "collateralUnits") * 10n ** 12n } : {}),
  };
  const told: Record<string, bigint> = {
    tenant: BigInt(story.tenant),
    units: story.units,
    rate: story.rate,
    feeBps: story.feeBps,
    noticed: story.noticed ? 1n : 0n,
    collateral: story.collateral,
  };
  for (const [name, value] of Object.entries(seen)) {
    if (value !== told[name]) throw new Broken("INV-LSE-9", `lease ${id}: ${name} was ${told[name]}, is ${value}`);
  }
}

/** What penalties took, and open claims, which keep the collateral where it is. */
function checkClaims({ mirror, count, now }: Scene, id: string, status: bigint, story: LeaseStory): void {
  const key = `lease/${id}`;
  const field = (name: string): bigint => mirror.field(key, name);
  const { taken, claims, aside, punished, coveredUntil, collateral, startedAt } = story;
  if (status !== Cancelled && (field("taken") * 10n ** 12n !== taken || taken > collateral)) {
    throw new Broken(
      "INV-STK-2",
      `lease ${id}: ${field("taken")} millionths taken, by events ${taken} of ${collateral}`,
    );
  }
  const cover = coveredUntil === 0n ? 0n : coveredUntil - startedAt;
  const told = [BigInt(claims.length), aside, punished, cover];
  const seen = [field("open"), field("aside"), field("punished") * 10n ** 12n, field("cover")];
  if (seen.join() !== told.join()) {
    throw new Broken("INV-DSP-2", `lease ${id}: claims, fee aside, sum, cover are ${seen.join()}, were ${told.join()}`);
  }
  if (claims.length > 0) count("INV-DSP-2");
  if (claims.length > 0) count("INV-DSP-4");
  if (punished > 0n) count("INV-LSE-10");
  const isOld = claims.every(({ filedAt }) => now >= filedAt + CLAIM_LIFE);
  if (claims.length > 0 && status !== Active && status !== Closed && !isOld) {
    throw new Broken("INV-STK-5", `lease ${id} is in ${status}, and ${claims.length} claims are open`);
  }
  if (claims.length > 0) count("INV-STK-5");
}

/** Over all leases: what the escrow and the offers hold for them. */
function checkSums({ mirror, history, cast, count }: Scene): void {
  const locked = new Tally();
  const units = new Tally();
  for (const [id, story] of history.leases) {
    locked.add(stillLocked(story), story.token, story.tenant);
    for (const { held, claimant } of story.claims) locked.add(held, story.token, claimant);
    const status = mirror.field(`lease/${id}`, "status");
    if (status === Pending || status === Active) units.add(mirror.field(`lease/${id}`, "units"), offerOf(id));
  }
  for (const token of cast.tokens) {
    for (const account of cast.accounts) {
      const held = mirror.field(`held/${cast.market}/${token}/${account}`, "locked");
      const sum = locked.of(token, account);
      if (held !== sum) {
        throw new Broken(
          "INV-LSE-2",
          `${cast.nameOf(account)}: ${held} locked in the escrow, ${sum} in leases and claims`,
        );
      }
    }
  }
  for (const offer of mirror.keys("offer")) {
    const used = mirror.field(`offer/${offer}`, "used");
    if (used !== units.of(offer)) {
      throw new Broken("INV-LSE-6", `offer ${offer}: ${used} units in use, ${units.of(offer)} in open leases`);
    }
    count("INV-LSE-6");
  }
}
