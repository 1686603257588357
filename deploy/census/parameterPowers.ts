import { CONTRACT_NAMES } from "../../sdk/addressBook";
import { formatSetting, HOLD_SUPPLY, type SettingKey, SETTINGS } from "../../sdk/governance/settings";
import { formatAmount, formatInstant, plainAmount } from "../../sdk/units";
import type { ListingFact, PublishedVersion } from "./facts";
import { Judge, originator, type Power } from "./judging";
import { fieldsOf, type ReviewedToken } from "./reviewed";

const keysOf = (...homes: Parameters<typeof fieldsOf>): SettingKey[] =>
  homes.flatMap((home) => fieldsOf(home).map(([key]) => key));
const TERMS = [...keysOf("terms"), ...keysOf("weights")];
const RULES = keysOf("rules");

/** Least lock and bounty of a listing, in the units of the token where the network file tells them. */
function amountsOf(
  { minimumLock, bounty }: Pick<ReviewedToken, "minimumLock" | "bounty">,
  token?: ReviewedToken,
): string {
  const say = (amount: bigint): string =>
    token === undefined ? `${amount} base units` : `${plainAmount(amount, token.decimals)} ${token.symbol}`;
  return `least lock ${say(minimumLock)}, bounty ${say(bounty)}`;
}

/** Terms, rules, listings, the pause, and what contracts were created with. */
export class ParameterJudge extends Judge {
  powers(): Power[] {
    const { terms, rules } = this.facts.published;
    return [
      ...terms.flatMap((version) => this.version("terms of leases", "Market: TermsPublished", TERMS, version)),
      ...rules.flatMap((version) => this.version("rules of disputes", "Disputes: RulesPublished", RULES, version)),
      ...this.listings(),
      ...this.delistings(),
      ...this.pause(),
      ...this.constants(),
      ...this.minted(),
    ];
  }

  /** The network file explains version 1, which the constructor published; the timelock alone publishes others. */
  private version(
    what: string,
    found: string,
    keys: readonly SettingKey[],
    { version, values, origin }: PublishedVersion,
  ): Power[] {
    const { settings } = this.facts.reviewed;
    const different = keys.filter((key) => values[key] !== settings[key]);
    const say = (key: SettingKey): string => {
      const value = values[key];
      return `${SETTINGS[key].words} ${value === undefined ? "unknown" : formatSetting(key, value)}`;
    };
    const name = `${what}, version ${version}`;
    if (version !== 1n) {
      const told = different.length === 0 ? "as version 1" : different.map(say).join(", ");
      const meant = "no other version than 1 but by vote";
      return [this.set({ what: `${name}: ${told}`, found, origin, expected: false, meant })];
    }
    if (different.length === 0) {
      return [this.set({ what: name, found, origin, expected: true, meant: "as it is" })];
    }
    return different.map((key) => {
      const meant = `${formatSetting(key, settings[key])}, as the network file says`;
      return this.set({ what: `${name}: ${say(key)}`, found, origin, expected: false, meant });
    });
  }

  private listings(): Power[] {
    const { listings, reviewed } = this.facts;
    const found = "Market: TokenListed";
    const pastGovernance = listings.filter(({ origin }) => origin !== "timelock");
    const missing = reviewed.tokens.filter(({ address }) => !listings.some(({ token }) => token === address));
    return [
      ...listings.map((listing) => {
        const token = reviewed.tokens.find(({ address }) => address === listing.token);
        const first = pastGovernance.find((other) => other.token === listing.token);
        return this.set({
          what: `lease for ${listing.token} as listing ${listing.listing} says: ${amountsOf(listing, token)}`,
          found,
          origin: listing.origin,
          expected: listing === first && this.isReviewed(listing, token),
          meant:
            token === undefined
              ? "not listed: the network file does not name it"
              : `listed once, ${amountsOf(token, token)}, as the network file says`,
        });
      }),
      ...missing.map((token) =>
        this.set({
          what: `${token.symbol} ${token.address} was never listed`,
          found,
          origin: "deployment",
          expected: false,
          meant: `listed, ${amountsOf(token, token)}, as the network file says`,
        }),
      ),
    ];
  }

  private isReviewed(listing: ListingFact, token: ReviewedToken | undefined): boolean {
    return token?.minimumLock === listing.minimumLock && token.bounty === listing.bounty;
  }

  private delistings(): Power[] {
    return this.facts.delistings.map(({ token, origin }) =>
      this.set({
        what: `${token} was taken off the list`,
        found: "Market: TokenDelisted",
        origin,
        expected: false,
        meant: "nothing taken off the list but by vote",
      }),
    );
  }

  private pause(): Power[] {
    const { pause, guardian, now } = this.facts;
    if (pause.until <= now) return [];
    const what = `new leases and offers are paused until ${formatInstant(pause.until)}`;
    const found = "Market: EntriesPaused, pausedUntil";
    if (pause.byGuardian && pause.origin === "elsewhere") return [this.information(what, guardian.holder, found)];
    return [this.set({ what, found, origin: pause.origin, expected: false, meant: "no pause but by the guardian" })];
  }

  /** What no constructor but that of a deployment by the network file gives. */
  private constants(): Power[] {
    const { constants, reviewed, at } = this.facts;
    return CONTRACT_NAMES.flatMap((contract) => {
      const own = constants.filter((constant) => constant.contract === contract);
      const meantFor = (getter: string): string | undefined => reviewed.constants[contract]?.[getter];
      const wrong = own.filter(({ getter, value }) => value !== meantFor(getter));
      const right = own.filter((constant) => !wrong.includes(constant)).map(({ getter }) => getter);
      const found = `${contract}: its getters`;
      const origin = "deployment";
      const holder = originator(origin, at);
      return [
        ...(right.length === 0
          ? []
          : [this.power({ what: `${right.join(", ")} of ${contract}`, holder, found, origin, expected: true })]),
        ...wrong.map(({ getter, value }) => {
          const meant = `${meantFor(getter)}, as the network file says`;
          return this.power({
            what: `${getter} of ${contract}: ${value}`,
            holder,
            found,
            origin,
            expected: false,
            meant,
          });
        }),
      ];
    });
  }

  /** The network file may name the deployer, too: holding HOLD is nobody's power over the protocol. */
  private minted(): Power[] {
    const { minted, reviewed } = this.facts;
    return minted.map(({ holder, amount }) => {
      const what = `received ${formatAmount(amount, 18)} HOLD at the start`;
      const base = { what, holder, found: "Hold: Transfer", overEscrow: false };
      if (holder === reviewed.initialHolder && amount === HOLD_SUPPLY) return { ...base, standing: "as deployed" };
      return { ...base, standing: "not as reviewed", meant: `all HOLD to ${reviewed.initialHolder}` };
    });
  }
}
