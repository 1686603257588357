import { ChangesModel } from "./changes";
import { ClaimsModel } from "./claims";
import { CouncilModel } from "./council";
import { DisputesModel } from "./disputes";
import { EndingsModel } from "./endings";
import { EscrowModel } from "./escrow";
import { GovernorModel, type Voting } from "./governor";
import { LivenessModel } from "./liveness";
import { OffersModel } from "./offers";
import { OpeningsModel } from "./openings";
import { OrdersModel } from "./orders";
import { ParametersModel, type Powers } from "./parameters";
import { ForwarderModel, PairModel, VaultModel } from "./pools";
import { RecordsModel } from "./records";
import { LeasesModel, type Parts } from "./register";
import { RenewalsModel } from "./renewals";
import { StakingModel } from "./staking";
import { HoldToken, Token, type Touch } from "./tokens";

/** What the model must be told, since it is fixed when the protocol is deployed. */
export interface Setting {
  addresses: {
    hold: string;
    escrow: string;
    staking: string;
    liveness: string;
    market: string;
    orders: string;
    quotes: string;
    disputes: string;
    records: string;
    council: string;
    pair: string;
    vault: string;
    forwarder: string;
  };
  tokens: { address: string; taxed: boolean }[];
  /** What the pair changes HOLD for. */
  money: string;
  /** Whom the forwarder sends on to. */
  beneficiary: string;
  /** What the vault begins with. */
  savings: { account: string; shares: bigint };
  grace: bigint;
  outageAllowance: bigint;
  unbondingDelay: bigint;
  powers: Powers;
  voting: Voting;
  members: { member: string; since: bigint }[];
}

/** The whole protocol in exact numbers; `now` is the second of the latest block. */
export class World {
  now = 0n;
  /** Keys of what changed since this was emptied; see `facts.ts`. */
  readonly touched = new Set<string>();
  /** How often what happened that shows in no error, so that a test can ask for it. */
  readonly met = new Map<string, number>();
  readonly market: string;
  readonly hold: HoldToken;
  readonly tokens: ReadonlyMap<string, Token>;
  readonly escrow: EscrowModel;
  readonly staking: StakingModel;
  readonly liveness: LivenessModel;
  readonly parameters: ParametersModel;
  readonly offers: OffersModel;
  readonly records: RecordsModel;
  readonly leases: LeasesModel;
  readonly openings: OpeningsModel;
  readonly endings: EndingsModel;
  readonly changes: ChangesModel;
  readonly renewals: RenewalsModel;
  readonly orders: OrdersModel;
  readonly claims: ClaimsModel;
  readonly council: CouncilModel;
  readonly disputes: DisputesModel;
  readonly governor: GovernorModel;
  /** Contracts of others. */
  readonly pair: PairModel;
  readonly vault: VaultModel;
  readonly forwarder: ForwarderModel;

  constructor(readonly setting: Setting) {
    const { addresses, grace, outageAllowance, unbondingDelay, powers } = setting;
    const touch: Touch = (...key) => this.touched.add(key.join("/"));
    this.market = addresses.market;
    this.hold = new HoldToken(addresses.hold, touch);
    this.tokens = new Map(setting.tokens.map(({ address, taxed }) => [address, new Token(address, touch, taxed)]));
    this.escrow = new EscrowModel(addresses.escrow, this.tokens, touch);
    this.staking = new StakingModel(addresses.staking, this.hold, unbondingDelay, touch);
    this.liveness = new LivenessModel(grace, touch);
    const { pair, vault, forwarder, council } = addresses;
    const closed = [addresses.market, addresses.escrow, addresses.staking, addresses.hold];
    const around = [addresses.liveness, addresses.records, addresses.orders, addresses.quotes];
    this.parameters = new ParametersModel(powers, [...closed, ...around], touch);
    this.offers = new OffersModel(this.parameters, touch);
    this.records = new RecordsModel(touch);
    const { market, escrow, staking, liveness, records, parameters, offers } = this;
    const { orders, quotes } = addresses;
    const vaults = { market, orders, quotes, escrow, staking, liveness, records };
    const met = (what: string): void => void this.met.set(what, (this.met.get(what) ?? 0) + 1);
    const parts: Parts = { ...vaults, parameters, offers, outageAllowance, touch, met };
    this.leases = new LeasesModel(parts);
    this.openings = new OpeningsModel(parts, this.leases);
    this.endings = new EndingsModel(parts, this.leases);
    this.changes = new ChangesModel(parts, this.leases);
    this.renewals = new RenewalsModel(parts, this.leases, this.openings);
    this.orders = new OrdersModel(orders, this.leases, this.renewals, offers, touch);
    this.claims = new ClaimsModel(parts, this.leases);
    this.council = new CouncilModel(setting.members, touch);
    const unfit = [...closed, addresses.disputes, council];
    const { hold } = this;
    this.disputes = new DisputesModel(
      addresses.disputes,
      hold,
      this.council,
      this.claims,
      this.staking,
      unfit,
      touch,
      met,
    );
    this.governor = new GovernorModel(setting.voting, this.disputes, touch, met);
    this.pair = new PairModel(pair, hold, this.tokens.get(setting.money)!, touch);
    this.vault = new VaultModel(vault, hold, touch);
    this.vault.mint(setting.savings.account, setting.savings.shares);
    this.forwarder = new ForwarderModel(forwarder, setting.beneficiary);
  }
}
