import { plainAmount } from "../../sdk/units";
import type { Ledger } from "./model";
import { type Screen, span } from "./screen";

/** One column of amounts, to the base unit, with no more decimals than one of them needs. */
function column(amounts: readonly bigint[], decimals: number): string[] {
  const texts = amounts.map((amount) => plainAmount(amount, decimals));
  const places = Math.max(0, ...texts.map((text) => (text.split(".")[1] ?? "").length));
  return texts.map((text) => {
    const [whole = "", fraction = ""] = text.split(".");
    return places === 0 ? whole : `${whole}.${fraction.padEnd(places, "0")}`;
  });
}

/** Columns of amounts beside what each line is about. */
function rows(labels: readonly string[][], amounts: readonly bigint[][], decimals: number): string[][] {
  const width = amounts[0]?.length ?? 0;
  const columns = Array.from({ length: width }, (_, at) =>
    column(
      amounts.map((line) => line[at] ?? 0n),
      decimals,
    ),
  );
  return labels.map((label, line) => [
    ...label,
    ...columns.map((texts, at) => (amounts[line]?.[at] === 0n ? "-" : (texts[line] ?? ""))),
  ]);
}

/** Prints who locked, paid, earned and was refunded. */
export function printLedger(screen: Screen, ledger: Ledger, decimals: Readonly<Record<string, number>>): void {
  for (const [token, places] of Object.entries(decimals)) {
    const leases = ledger.leases.filter((lease) => lease.token === token);
    screen.line();
    screen.note(`Leases in ${token}, exact to the base unit`);
    screen.table(
      ["lease", "tenant", "provider", "end", "billed", ">locked", ">to provider", ">fee", ">refunded", ">bounty"],
      rows(
        leases.map(({ name, tenant, provider, ending, billedSeconds }) => [
          name,
          tenant,
          provider,
          ending,
          span(billedSeconds),
        ]),
        leases.map(({ locked, paid, fee, refunded, bounty }) => [locked, paid, fee, refunded, bounty]),
        places,
      ),
    );
    const accounts = ledger.accounts.filter((account) => account.token === token);
    screen.line();
    screen.note(`Accounts in ${token}`);
    screen.table(
      ["account", ">deposited", ">locked", ">refunded", ">for renewals", ">earned", ">free in the end"],
      rows(
        accounts.map(({ account }) => [account]),
        accounts.map(({ deposited, locked, refunded, errands, earned, free }) => [
          deposited,
          locked,
          refunded,
          errands,
          earned,
          free,
        ]),
        places,
      ),
    );
  }
  screen.line();
  screen.note("HOLD");
  screen.table(
    ["account", ">bonded in the end", ">penalty paid", ">penalty received"],
    rows(
      ledger.hold.map(({ account }) => [account]),
      ledger.hold.map(({ bonded, penaltiesPaid, penaltiesReceived }) => [bonded, penaltiesPaid, penaltiesReceived]),
      18,
    ),
  );
  screen.line();
  screen.note("Records of the providers");
  screen.table(
    ["provider", ">leases served", ">no-shows", ">live", ">dark", ">HOLD slashed"],
    ledger.records.map(({ account, served, noShows, liveSeconds, darkSeconds, slashed }) => [
      account,
      String(served),
      noShows === 0n ? "-" : String(noShows),
      span(liveSeconds),
      darkSeconds === 0n ? "-" : span(darkSeconds),
      slashed === 0n ? "-" : plainAmount(slashed, 18),
    ]),
  );
}
