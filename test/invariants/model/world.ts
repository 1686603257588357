import { EscrowModel } from "./escrow";
import { LeasesModel } from "./leases";
import { LivenessModel } from "./liveness";
import { OffersModel } from "./offers";
import { ParametersModel, type Powers } from "./parameters";
import { StakingModel } from "./staking";
import { HoldToken, Token, type Touch } from "./tokens";

/** What the model must be told, since it is fixed when the protocol is deployed. */
export interface Setting {
  addresses: { hold: string; escrow: string; staking: string; liveness: string; market: string };
  tokens: { address: string; taxed: boolean }[];
  grace: bigint;
  outageAllowance: bigint;
  unbondingDelay: bigint;
  powers: Powers;
}

/** The whole protocol as the design brief describes it, in exact numbers; `now` is the second of the latest block. */
export class World {
  now = 0n;
  /** Keys of what changed since this was emptied; see `facts.ts`. */
  readonly touched = new Set<string>();
  readonly market: string;
  readonly hold: HoldToken;
  readonly tokens: ReadonlyMap<string, Token>;
  readonly escrow: EscrowModel;
  readonly staking: StakingModel;
  readonly liveness: LivenessModel;
  readonly parameters: ParametersModel;
  readonly offers: OffersModel;
  readonly leases: LeasesModel;

  constructor(readonly setting: Setting) {
    const { addresses, grace, outageAllowance, unbondingDelay, powers } = setting;
    const touch: Touch = (...key) => this.touched.add(key.join("/"));
    this.market = addresses.market;
    this.hold = new HoldToken(addresses.hold, touch);
    this.tokens = new Map(setting.tokens.map(({ address, taxed }) => [address, new Token(address, touch, taxed)]));
    this.escrow = new EscrowModel(addresses.escrow, this.tokens, touch);
    this.staking = new StakingModel(addresses.staking, this.hold, unbondingDelay, touch);
    this.liveness = new LivenessModel(grace, touch);
    this.parameters = new ParametersModel(powers, touch);
    this.offers = new OffersModel(this.parameters, touch);
    this.leases = new LeasesModel(this.market, this, this.parameters, this.offers, outageAllowance, touch);
  }
}
