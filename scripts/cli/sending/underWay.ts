import { type Entry, type Journal } from "./journal";

/** A transaction of this run, for machines that read how it failed. */
export interface Sent {
  readonly label: string;
  readonly hash: string;
  readonly nonce: number;
  readonly state: "waiting" | "mined" | "cancelled" | "replaced";
}

/** The transactions that this run has signed: in the journal until somebody is told what became of them. */
export class UnderWay {
  private readonly entries: { readonly entry: Entry; state: Sent["state"] }[] = [];
  private next = 0;

  constructor(private readonly journal: Journal) {}

  /** Every transaction of this run that a node may have, in the order in which they were signed. */
  get sent(): Sent[] {
    return this.entries.map(({ entry: { label, hash, nonce }, state }) => ({ label, hash, nonce, state }));
  }

  /** The lowest nonce that this run has not used up, as far as it knows: nodes may lag behind it. */
  get nextNonce(): number {
    return this.next;
  }

  /** Writes a transaction down, before anybody hears of it. */
  note(entry: Entry): void {
    this.journal.write(entry);
    this.entries.push({ entry, state: "waiting" });
  }

  /** Takes over what another run has left. */
  adopt(entry: Entry): void {
    this.entries.push({ entry, state: "waiting" });
  }

  /** No node has it. */
  drop(hash: string): void {
    const index = this.entries.findIndex(({ entry }) => entry.hash === hash);
    const [dropped] = index < 0 ? [] : this.entries.splice(index, 1);
    if (dropped !== undefined) this.journal.remove(dropped.entry);
  }

  /** A nonce is used up, by the transaction `by`; the user is told so. */
  settle(nonce: number, by: string | undefined): void {
    const attempts = this.entries.filter(({ entry }) => entry.nonce === nonce);
    const isOurs = attempts.some(({ entry }) => entry.hash === by);
    for (const each of attempts) {
      each.state = each.entry.hash === by ? "mined" : isOurs ? "replaced" : "cancelled";
      this.journal.remove(each.entry);
    }
    this.next = Math.max(this.next, nonce + 1);
  }

  /** Nobody waits for the rest any more: the same command, typed again, takes it over. */
  leave(): void {
    for (const { entry, state } of this.entries) {
      if (state !== "waiting") continue;
      const { follower: _, ...left } = entry;
      this.journal.write(left);
    }
  }
}
