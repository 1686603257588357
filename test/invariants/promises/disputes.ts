import { getAddress } from "ethers";

import type { ParsedLog } from "../driver/chain";
import { Tally } from "../model/plain";
import { Broken } from "./broken";
import type { Scene } from "./checks";

const DAY = 86_400n;
/** Within this time of its filing every dispute can be executed. */
const LONGEST = 29n * DAY;
const BY_COUNCIL = { uphold: 1n, reject: 2n };

/** One dispute, from its filing on, as its events tell it. */
interface DisputeStory {
  readonly claimant: string;
  readonly tenant: string;
  readonly provider: string;
  readonly filedAt: bigint;
  readonly bond: bigint;
  readonly fee: bigint;
  /** Bonds that the disputes hold: of the claimant, the provider, the appellant. */
  bonds: bigint;
  /** Whose own bond, with the disputes, another one is reserved of. */
  readonly reserved: string[];
  readonly voters: Set<string>;
  votes: bigint;
  /** Fees that wait for members, once it is settled. */
  unpaid: bigint;
  executed: boolean;
  settled: boolean;
}

/** Disputes and the council as their events tell them, every figure held against the promises. */
export class DisputeStories {
  /** The last of each claimant on each lease, and the ones before it that still owe fees: by id and second. */
  readonly all = new Map<string, DisputeStory>();
  readonly #current = new Map<string, DisputeStory>();
  readonly #seats: { second: bigint; member: string; seated: boolean }[] = [];
  readonly #lastEnd = new Tally();
  /** Penalties of this call, which one of the disputes takes. */
  #taken: ParsedLog["args"][] = [];

  add({ name, args }: ParsedLog, now: bigint, module: string): void {
    const text = (field: string): string => args[field] as string;
    const amount = (field: string): bigint => args[field] as bigint;
    if (name === "Seated" || name === "Unseated") {
      this.#seats.push({ second: now, member: text("member"), seated: name === "Seated" });
      return;
    }
    if (name === "Penalised" && args["module"] === module) this.#taken.push(args);
    if (!("disputeId" in args)) return;
    const id = amount("disputeId").toString();
    if (name === "DisputeFiled") return this.#file(id, args, now);
    if (name === "FeeCollected") return this.#collect(`${id}/${amount("filedAt")}`, text("member"), amount("amount"));
    const dispute = this.#current.get(id);
    if (dispute === undefined) throw new Broken("INV-DSP-1", `dispute ${id}: ${name} before it was filed`);
    switch (name) {
      case "DisputeAnswered":
        if (args["fromBond"] === true) dispute.reserved.push(dispute.provider);
        else dispute.bonds += 1n;
        this.#checkEligible(id, dispute, amount("eligible"));
        break;
      case "Voted":
        this.#vote(id, dispute, text("member"), amount("vote"));
        break;
      case "DisputeAppealed":
        if (args["fromBond"] === true) dispute.reserved.push(text("appellant"));
        else dispute.bonds += 1n;
        break;
      case "DisputeExecuted":
        dispute.executed = true;
        break;
      case "DisputeSettled":
        this.#settle(id, dispute, amount);
        break;
      default:
    }
  }

  /** What the disputes must hold: bonds and fees of those that are not settled, and fees that members did not collect. */
  owed(): bigint {
    return [...this.all.values()].reduce(
      (sum, { settled, bond, bonds, fee, unpaid }) => sum + (settled ? unpaid : bond * bonds + fee),
      0n,
    );
  }

  /** What the disputes must have reserved of an account's bond. */
  reservedOf(account: string): bigint {
    return [...this.all.values()].reduce((sum, { settled, bond, reserved }) => {
      const bonds = settled ? 0 : reserved.filter((one) => one === account).length;
      return sum + bond * BigInt(bonds);
    }, 0n);
  }

  /** The end that a dispute shows is never later than it was shown before, nor than its filing allows. */
  checkEnd(id: string, view: { endsAt: bigint; ripe: boolean }, now: bigint): void {
    const { filedAt, executed } = this.#current.get(id)!;
    if (executed) return;
    const key = `${id}/${filedAt}`;
    const before = this.#lastEnd.of(key);
    const latest = before === 0n ? filedAt + LONGEST : before;
    if (view.endsAt > latest || (now >= view.endsAt && !view.ripe)) {
      throw new Broken(
        "INV-DSP-1",
        `dispute ${id} ends by ${view.endsAt}, not ${latest}; ripe at ${now}: ${view.ripe}`,
      );
    }
    this.#lastEnd.set(view.endsAt, key);
  }

  // ------------------------------------------------------------------------------------------------- internal

  #file(id: string, args: ParsedLog["args"], now: bigint): void {
    const before = this.#current.get(id);
    if (before?.settled === false) throw new Broken("INV-DSP-1", `dispute ${id} was filed twice`);
    const dispute = {
      claimant: claimantOf(id),
      tenant: args["tenant"] as string,
      provider: args["provider"] as string,
      filedAt: now,
      bond: args["bond"] as bigint,
      fee: args["fee"] as bigint,
      bonds: 1n,
      reserved: [],
      voters: new Set<string>(),
      votes: 0n,
      unpaid: 0n,
      executed: false,
      settled: false,
    };
    this.#current.set(id, dispute);
    this.all.set(`${id}/${now}`, dispute);
  }

  /** Who was seated at the end of the second before a moment. */
  #seatedBefore(moment: bigint): Set<string> {
    const members = new Set<string>();
    for (const { second, member, seated } of this.#seats) {
      if (second >= moment) continue;
      if (seated) members.add(member);
      else members.delete(member);
    }
    return members;
  }

  #checkEligible(id: string, dispute: DisputeStory, eligible: bigint): void {
    const members = [...this.#seatedBefore(dispute.filedAt)].filter((member) => !isParty(dispute, member));
    if (BigInt(members.length) !== eligible) {
      throw new Broken("INV-DSP-3", `dispute ${id}: ${eligible} may vote, of the council ${members.length}`);
    }
  }

  #vote(id: string, dispute: DisputeStory, member: string, vote: bigint): void {
    const since = this.#seats.findLast((move) => move.member === member);
    const seated = since?.seated === true && since.second < dispute.filedAt;
    if (isParty(dispute, member) || !seated || dispute.voters.has(member)) {
      throw new Broken("INV-DSP-3", `dispute ${id}: ${member} voted, a party, no member before, or twice`);
    }
    dispute.voters.add(member);
    if (vote === BY_COUNCIL.uphold || vote === BY_COUNCIL.reject) dispute.votes += 1n;
  }

  /** Every bond and the fee leave as they came. */
  #settle(id: string, dispute: DisputeStory, amount: (field: string) => bigint): void {
    const { bond, bonds, fee, votes } = dispute;
    dispute.unpaid = amount("share") * votes;
    const paid = amount("toClaimant") + amount("toProvider");
    if (paid !== bond * bonds || amount("toTreasury") + dispute.unpaid !== fee) {
      throw new Broken("INV-DSP-1", `dispute ${id}: ${paid} of ${bonds} bonds of ${bond}, fee ${fee}, ${votes} votes`);
    }
    dispute.settled = true;
    this.#checkTaken(id, dispute);
  }

  /** A reserved bond that is lost is all the other side's. */
  #checkTaken(id: string, { bond, claimant, provider, reserved }: DisputeStory): void {
    for (const { provider: from, tenant, challenger, treasury, amount } of this.#taken) {
      const other = from === provider ? claimant : provider;
      const isWhole = BigInt(challenger as string) + BigInt(treasury as string) === 0n;
      if (amount !== bond || tenant !== other || !isWhole || !reserved.includes(from as string)) {
        throw new Broken("INV-DSP-1", `dispute ${id}: ${String(amount)} of ${String(from)} went to ${String(tenant)}`);
      }
    }
    this.#taken = [];
  }

  #collect(key: string, member: string, amount: bigint): void {
    const dispute = this.all.get(key);
    if (dispute === undefined || !dispute.voters.has(member) || amount > dispute.unpaid) {
      throw new Broken("INV-DSP-1", `${member} collected ${amount} of ${dispute?.unpaid} of ${key}`);
    }
    dispute.unpaid -= amount;
    dispute.voters.delete(member);
  }
}

const claimantOf = (id: string): string => getAddress(`0x${BigInt(id).toString(16).padStart(64, "0").slice(24)}`);

const isParty = ({ claimant, tenant, provider }: DisputeStory, account: string): boolean =>
  [claimant, tenant, provider].includes(account);

/** INV-DSP-1 and INV-GOV-1; INV-DSP-3 is held by `DisputeStories`. */
export function checkDisputes({ mirror, history, cast, now, calls, disputes, count }: Scene): void {
  const held = mirror.amount(`wallet/${cast.hold}/${cast.disputes}`);
  const owed = history.disputes.owed();
  if (held !== owed) throw new Broken("INV-DSP-1", `disputes hold ${held}, bonds and fees are ${owed}`);
  count("INV-DSP-1");
  for (const id of disputes) {
    const key = `disputeView/${id}`;
    history.disputes.checkEnd(id, { endsAt: mirror.field(key, "endsAt"), ripe: mirror.flag(key, "ripe") }, now);
    count("INV-DSP-1");
  }
  const votes = calls.flatMap(({ outcome }) => (outcome.ok ? outcome.logs : [])).filter(({ name }) => name === "Voted");
  count("INV-DSP-3", votes.length);

  const undelegated = cast.accounts.filter((account) => BigInt(mirror.get(`delegate/${account}`) as string) === 0n);
  const sum = (kind: string, accounts: readonly string[]): bigint =>
    accounts.reduce((total, account) => total + mirror.amount(`${kind}/${account}`), 0n);
  const supply = sum(`wallet/${cast.hold}`, cast.accounts);
  const voting = sum("votes", cast.accounts);
  const silent = sum(`wallet/${cast.hold}`, undelegated);
  if (supply !== cast.supply || voting + silent !== supply) {
    throw new Broken("INV-GOV-1", `${voting} vote and ${silent} do not, of ${supply}; the supply is ${cast.supply}`);
  }
  count("INV-GOV-1");
}
