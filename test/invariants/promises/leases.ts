import { EndReason, LeaseStatus } from "../../helpers/leases";
import { darkSeconds } from "../model/liveness";
import { least, most, Tally } from "../model/plain";
import { Broken } from "./broken";
import type { Scene } from "./checks";
import type { LeaseStory } from "./history";

const X32 = 2n ** 32n;
const BPS = 10_000n;
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

/** INV-LSE-1 to INV-LSE-6, INV-LSE-8 and INV-LSE-9. Remembers how it saw each lease last. */
export class LeaseChecks {
  readonly #status = new Map<string, bigint>();
  readonly #final = new Map<string, string>();

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
    checkFrozen(scene, id, status, story);
    count("INV-LSE-9");
    checkBilling(scene, id, status, story);
    count("INV-LSE-1");
    this.#checkAccrual(scene, id, status, story);
    count("INV-LSE-4");

    const locked = mirror.field(`lease/${id}`, "locked");
    const told = story.paid + story.fee + story.refunded + story.bounty + locked;
    if (told !== story.locked) {
      throw new Broken("INV-LSE-2", `lease ${id}: ${story.locked} was locked, ${told} is accounted for`);
    }
    count("INV-LSE-2");
    checkSettled(id, story, mirror.flag(`lease/${id}`, "settled"));
    count("INV-LSE-3");
    const own = story.received.of(story.provider);
    if (story.tenant === story.provider && own > story.locked) {
      throw new Broken("INV-LSE-8", `own lease ${id}: ${story.locked} went in, ${own} came back`);
    }
    if (story.tenant === story.provider) count("INV-LSE-8");
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

  /** Nothing while pending or cancelled; live seconds, dark ones left out, while active; the same for ever after. */
  #checkAccrual({ mirror, history, now, grace }: Scene, id: string, status: bigint, story: LeaseStory): void {
    const key = `lease/${id}`;
    const billed = mirror.field(key, "billedSeconds");
    const earned = mirror.field(key, "earned");
    if ((status === Pending || status === Cancelled) && (billed !== 0n || earned !== 0n)) {
      throw new Broken("INV-LSE-4", `lease ${id} earned ${earned} in ${billed} s without having started`);
    }
    if (status === Active) {
      const live = liveSeconds(history.heartbeats.get(story.provider) ?? [], grace, mirror, key, now);
      if (billed !== live) throw new Broken("INV-LSE-4", `lease ${id}: ${billed} s are billed, ${live} s were live`);
    }
    if (status === Closed || status === Released) {
      const final = `${billed} s, ${earned}`;
      const before = this.#final.get(id) ?? final;
      if (before !== final || billed !== story.billed) {
        throw new Broken("INV-LSE-4", `closed lease ${id} had earned ${before} (${story.billed} s), now ${final}`);
      }
      this.#final.set(id, final);
    }
  }
}

function liveSeconds(
  heartbeats: readonly bigint[],
  grace: bigint,
  mirror: Scene["mirror"],
  key: string,
  now: bigint,
): bigint {
  const start = mirror.field(key, "startedAt");
  const until = least(now, mirror.field(key, "end"));
  return until - start - darkSeconds(heartbeats, grace, start, until);
}

function checkBilling({ mirror, history, now, grace }: Scene, id: string, status: bigint, story: LeaseStory): void {
  if (status !== Active && status !== Closed && status !== Released) return;
  const key = `lease/${id}`;
  const live = liveSeconds(history.heartbeats.get(story.provider) ?? [], grace, mirror, key, now);
  const byTenant = mirror.field(key, "reason") === EndReason.ClosedByTenant;
  const missing = byTenant ? most(0n, story.minimum - mirror.field(key, "duration")) : 0n;
  const earned = mirror.field(key, "earned");
  if (earned * X32 > story.rate * (live + missing)) {
    throw new Broken("INV-LSE-1", `lease ${id} earned ${earned} with ${live} live and ${missing} missing seconds`);
  }
  if (story.paid > earned) throw new Broken("INV-LSE-1", `lease ${id} paid ${story.paid} and earned ${earned}`);
}

/** What the provider got so far is what one settlement of the same seconds would have paid. */
function checkSettled(id: string, story: LeaseStory, settled: boolean): void {
  const earned = (story.rate * story.paidSeconds) / X32;
  const fee = (earned * story.feeBps) / BPS;
  if (story.paid !== earned - fee) {
    throw new Broken(
      "INV-LSE-3",
      `lease ${id} paid ${story.paid} for ${story.paidSeconds} s, at once: ${earned - fee}`,
    );
  }
  if (story.fee !== (settled ? fee : 0n)) {
    throw new Broken("INV-LSE-3", `lease ${id} took ${story.fee} of fee, at once: ${fee}`);
  }
}

function checkFrozen({ mirror }: Scene, id: string, status: bigint, story: LeaseStory): void {
  const key = `lease/${id}`;
  const seen = {
    tenant: mirror.text(key, "tenant"),
    provider: mirror.text(key, "provider"),
    units: mirror.field(key, "units"),
    rate: mirror.field(key, "ratePerSecondX32"),
    feeBps: mirror.field(key, "feeBps"),
    collateral: mirror.field(key, "collateral"),
  };
  const collateral = status === Cancelled || status === Released ? 0n : story.collateral;
  for (const [name, value] of Object.entries(seen)) {
    const opened = name === "collateral" ? collateral : story[name as keyof LeaseStory];
    if (value !== opened) throw new Broken("INV-LSE-9", `lease ${id}: ${name} was ${String(opened)}, is ${value}`);
  }
}

/** Over all leases: what the escrow and the offers hold for them. */
function checkSums({ mirror, cast, count }: Scene): void {
  const locked = new Tally();
  const units = new Tally();
  for (const id of mirror.keys("lease")) {
    const key = `lease/${id}`;
    locked.add(mirror.field(key, "locked"), mirror.text(key, "token"), mirror.text(key, "tenant"));
    const status = mirror.field(key, "status");
    const open = status === Pending || status === Active;
    units.add(open ? mirror.field(key, "units") : 0n, (BigInt(id) / X32).toString());
  }
  for (const token of cast.tokens) {
    for (const account of cast.everybody) {
      const held = mirror.field(`held/${cast.market}/${token}/${account}`, "locked");
      const sum = locked.of(token, account);
      if (held !== sum) {
        throw new Broken("INV-LSE-2", `${cast.nameOf(account)}: ${held} locked in the escrow, ${sum} in leases`);
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
