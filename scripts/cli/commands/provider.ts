import { z } from "zod";

import { formatInstant } from "../../../sdk/units";
import { command, type CommandGroup } from "../command";
import { hold, pairs, sections } from "../format";
import { address } from "../inputs";
import { readClock, readOffers, readProviderLeases, readRecords } from "../reads";
import { clockText, leasesTable, offersTable } from "../views";
import { claim, fundsTable, withdraw } from "./money";
import { bond, bondText, cancelUnbond, disputesBond, finishUnbond, moveBond, unbond } from "./provider/bond";
import { offer, retire, setCapacity, setPrice } from "./provider/offers";
import { activate, collect, decline, heartbeat, setOperator } from "./provider/operator";
import { record } from "./provider/record";

const show = command({
  usage: "show [provider]",
  summary: "bond, heartbeat, offers, leases and money of a provider (default: yours)",
  input: z.object({ provider: address.optional() }),
  async run(session, input) {
    const provider = input.provider ?? (await session.account());
    const [{ staking, liveness }, now] = await Promise.all([session.handles(), session.now()]);
    const [bonded, forDisputes, unbonding, clock, grace, offers, funds] = await Promise.all([
      bondText(session, provider),
      disputesBond(session, provider),
      staking.unbondingOf(provider),
      readClock(session, provider),
      liveness.GRACE(),
      readOffers(session, (view) => view.provider === provider).then((own) => readRecords(session, own)),
      fundsTable(session, provider),
    ]);
    const leases = await readProviderLeases(session, offers);
    const open = leases.filter(({ status }) => status !== "Released" && status !== "Cancelled");
    const text = sections(
      pairs([
        ["provider", provider],
        ["bond", bonded.text],
        ["for disputes", forDisputes.free + forDisputes.reserved === 0n ? "" : forDisputes.text],
        [
          "unbonding",
          unbonding.amount === 0n ? "" : `${hold(unbonding.amount)}, free at ${formatInstant(unbonding.readyAt)}`,
        ],
        ["operator", clock.operator === provider ? "the provider itself" : clock.operator],
        ["liveness", clockText(clock, now, Number(grace))],
      ]),
      funds.text,
      offers.length === 0 ? "No offers." : await offersTable(session, offers),
      open.length === 0 ? "No open leases." : await leasesTable(session, open),
    );
    const data = {
      provider,
      bond: { free: bonded.free, reserved: bonded.reserved },
      disputesBond: { free: forDisputes.free, reserved: forDisputes.reserved },
      unbonding: { amount: unbonding.amount, readyAt: unbonding.readyAt },
      liveness: clock,
      funds: funds.data,
      offers,
      leases,
    };
    return { data, text };
  },
});

export const provider: CommandGroup = {
  name: "provider",
  summary: "offer compute: bond, offers, heartbeats, leases, earnings",
  commands: [
    bond,
    moveBond,
    unbond,
    finishUnbond,
    cancelUnbond,
    offer,
    setPrice,
    setCapacity,
    retire,
    setOperator,
    heartbeat,
    activate,
    decline,
    collect,
    withdraw,
    claim,
    record,
    show,
  ],
};
