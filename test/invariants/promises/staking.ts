import { LeaseStatus } from "../../helpers/leases";
import { Tally } from "../model/plain";
import { Broken } from "./broken";
import type { Scene } from "./checks";

/** INV-STK-1 to INV-STK-4; the delays of INV-STK-3 and the parts of INV-STK-2 are held by `History`. */
export function checkStaking(scene: Scene): void {
  const { mirror, history, cast, count } = scene;
  const backing = new Tally();
  for (const [id, story] of history.leases) {
    const status = mirror.field(`lease/${id}`, "status");
    const backed = status !== LeaseStatus.Cancelled && status !== LeaseStatus.Released;
    if (backed) backing.add(story.collateral - story.taken, story.provider);
  }

  // Whoever has a key may bond.
  for (const provider of cast.everybody) {
    const name = cast.nameOf(provider);
    let owed = mirror.field(`unbonding/${provider}`, "amount");
    for (const module of cast.modules) {
      owed +=
        mirror.field(`pool/${module}/${provider}`, "free") + mirror.field(`pool/${module}/${provider}`, "reserved");
    }
    const locked = mirror.amount(`lock/${cast.staking}/${provider}`);
    if (locked !== owed) throw new Broken("INV-STK-1", `${name}: ${locked} locked, ${owed} bonded and unbonding`);
    count("INV-STK-1");

    const reserved = mirror.field(`pool/${cast.market}/${provider}`, "reserved");
    if (reserved !== backing.of(provider)) {
      throw new Broken("INV-STK-4", `${name}: ${reserved} reserved, leases need ${backing.of(provider)}`);
    }
    const posted = mirror.field(`pool/${cast.disputes}/${provider}`, "reserved");
    const bonds = history.disputes.reservedOf(provider);
    if (posted !== bonds) throw new Broken("INV-STK-4", `${name}: ${posted} reserved by disputes, ${bonds} are bonds`);
    count("INV-STK-4");
  }

  for (const account of cast.accounts) {
    const sum = cast.lockers.reduce((locked, locker) => locked + mirror.amount(`lock/${locker}/${account}`), 0n);
    const all = mirror.amount(`locked/${account}`);
    const balance = mirror.amount(`wallet/${cast.hold}/${account}`);
    if (all !== sum || all > balance) {
      throw new Broken("INV-STK-4", `${cast.nameOf(account)}: ${all} locked of ${balance}, lockers have ${sum}`);
    }
  }
  const held = mirror.amount(`wallet/${cast.hold}/${cast.staking}`);
  const unpaid = history.unpaidPenalties();
  if (held !== unpaid) throw new Broken("INV-STK-1", `staking holds ${held}, unpaid penalties are ${unpaid}`);
  checkExits(scene);
}

/** A lock of staking falls by what was unbonded or penalised, and by nothing else. */
function checkExits({ changed, calls, cast, count }: Scene): void {
  const logs = calls.flatMap(({ outcome }) => (outcome.ok ? outcome.logs : []));
  for (const [key, { before, after }] of changed) {
    const [kind, locker, provider = ""] = key.split("/");
    if (kind !== "lock" || locker !== cast.staking || after >= before) continue;
    const left = logs
      .filter(({ name, args }) => (name === "Unbonded" || name === "Penalised") && args["provider"] === provider)
      .reduce((sum, { args }) => sum + (args["amount"] as bigint), 0n);
    if (before - after > left) {
      throw new Broken("INV-STK-3", `${cast.nameOf(provider)}: ${before - after} left staking, ${left} by its rules`);
    }
    count("INV-STK-3");
  }
  count("INV-STK-2", logs.filter(({ name }) => name === "Penalised" || name === "PenaltyClaimed").length);
}
