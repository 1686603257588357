import { getAddress } from "ethers";

import type { ParsedLog } from "../driver/chain";
import type { Plain } from "../model/plain";
import { Broken } from "./broken";

/** An appeal waits so long for a decision. */
const LONGEST = 21n * 86_400n;

/** What a proposal decides about one claim. */
interface Decision {
  disputeId: bigint;
  filedAt: bigint;
  outcome: bigint;
}

/** The last claim of a dispute, as far as a vote on it is concerned. */
interface AppealStory {
  readonly sides: readonly string[];
  readonly filedAt: bigint;
  readonly authority: string;
  /** The second from which on the appeal does not wait any more; 0: it does not wait now. */
  until: bigint;
  /** Sides that had their proposal. */
  readonly proposed: Set<string>;
}

/**
 * Appeals and the votes on them as events tell them: either side of an appealed dispute may put it to the vote, once for each
 * claim, whoever appealed; nobody else may (INV-DSP-5).
 */
export class AppealStories {
  readonly #stories = new Map<string, AppealStory>();
  readonly #authorities = new Map<bigint, string>();
  readonly #tribunals = new Set<string>();
  #timelock = "";

  add({ name, args }: ParsedLog, now: bigint): void {
    const id = (args["disputeId"] as bigint | undefined)?.toString() ?? "";
    switch (name) {
      case "TimelockChange":
        this.#timelock = args["newTimelock"] as string;
        break;
      case "TribunalSet":
        if (args["accepted"] === true) this.#tribunals.add(args["disputes"] as string);
        else this.#tribunals.delete(args["disputes"] as string);
        break;
      case "RulesPublished":
        this.#authorities.set(
          args["version"] as bigint,
          (args["rules"] as { appealAuthority: string }).appealAuthority,
        );
        break;
      case "DisputeFiled":
        this.#stories.set(id, {
          sides: [claimantOf(id), args["provider"] as string],
          filedAt: now,
          authority: this.#authorities.get(args["rules"] as bigint)!,
          until: 0n,
          proposed: new Set(),
        });
        break;
      case "DisputeAppealed":
        this.#stories.get(id)!.until = now + LONGEST;
        break;
      case "AppealDecided":
      case "DisputeExecuted":
        this.#stories.get(id)!.until = 0n;
        break;
      case "AppealProposed":
        this.#propose(args, now);
        break;
      default:
    }
  }

  /** A proposal was refused: there must be a reason. */
  checkRefused(party: string, [tribunal, decisions]: readonly Plain[], error: string, now: bigint): void {
    const wanted = decisions as unknown as readonly Decision[];
    if (this.#obstacle(party, tribunal as string, wanted, now) !== undefined) return;
    const ids = wanted.map(({ disputeId }) => disputeId).join(", ");
    throw new Broken("INV-DSP-5", `${party}, a side of ${ids}, must not put it to the vote: ${error}`);
  }

  #propose(args: ParsedLog["args"], now: bigint): void {
    const [party, tribunal] = [args["party"] as string, args["disputes"] as string];
    const decisions = args["decisions"] as unknown as readonly Decision[];
    const obstacle = this.#obstacle(party, tribunal, decisions, now);
    if (obstacle !== undefined) throw new Broken("INV-DSP-5", `${party} put to the vote what it may not: ${obstacle}`);
    for (const { disputeId } of decisions) this.#stories.get(disputeId.toString())!.proposed.add(party);
  }

  /** Why a party may not put appeals to the vote, if it may not. */
  #obstacle(party: string, tribunal: string, decisions: readonly Decision[], now: bigint): string | undefined {
    if (!this.#tribunals.has(tribunal)) return `${tribunal} is no tribunal`;
    if (decisions.length === 0) return "no appeal is named";
    const ids = decisions.map(({ disputeId }) => disputeId);
    if (new Set(ids).size < ids.length) return "an appeal is named twice";
    for (const { disputeId, filedAt, outcome } of decisions) {
      const story = this.#stories.get(disputeId.toString());
      if (story === undefined || story.filedAt !== filedAt) return `${disputeId} has no claim of ${filedAt}`;
      if (now >= story.until) return `no appeal of ${disputeId} waits`;
      if (outcome === 0n) return `no outcome for ${disputeId}`;
      if (story.authority !== this.#timelock) return `${disputeId} is decided by ${story.authority}`;
      if (!story.sides.includes(party)) return `${party} is no side of ${disputeId}`;
      if (story.proposed.has(party)) return `it had its proposal about ${disputeId}`;
    }
    return undefined;
  }
}

const claimantOf = (id: string): string => getAddress(`0x${BigInt(id).toString(16).padStart(64, "0").slice(24)}`);
