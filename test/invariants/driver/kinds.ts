import * as bonds from "./choices/bonds";
import * as governance from "./choices/governance";
import * as money from "./choices/money";
import * as providers from "./choices/providers";
import type { Choice } from "./choices/table";
import * as tenants from "./choices/tenants";

/** Kinds of calls, how often each is made (of all weights together), and how one is made up. */
const KINDS = {
  transferHold: [9, bonds.transferHold],
  transferHoldFrom: [3, bonds.transferHoldFrom],
  approveHold: [6, bonds.approveHold],
  delegate: [6, bonds.delegate],
  lockHold: [6, bonds.lockHold],
  unlockHold: [4, bonds.unlockHold],
  seizeHold: [4, bonds.seizeHold],
  transferTokens: [5, money.transferTokens],
  approveTokens: [5, money.approveTokens],

  deposit: [20, money.deposit],
  withdraw: [15, money.withdraw],
  approveModule: [18, money.approveModule],
  fundBySignature: [16, money.fundBySignature],
  lock: [14, money.lock],
  settle: [12, money.settle],

  bond: [20, bonds.bond],
  bondFor: [6, bonds.bondFor],
  moveBond: [10, bonds.moveBond],
  startUnbonding: [12, bonds.startUnbonding],
  cancelUnbonding: [8, bonds.cancelUnbonding],
  finishUnbonding: [12, bonds.finishUnbonding],
  claimPenalties: [14, bonds.claimPenalties],
  tryReserve: [10, bonds.tryReserve],
  release: [6, bonds.release],
  penalise: [8, bonds.penalise],
  setUnbondingDelay: [5, bonds.setUnbondingDelay],

  setOperator: [8, providers.setOperator],
  heartbeat: [110, providers.heartbeat],
  createOffer: [24, providers.createOffer],
  setPrice: [12, providers.setPrice],
  setCapacity: [10, providers.setCapacity],
  retireOffer: [5, providers.retireOffer],
  activate: [100, providers.activate],
  decline: [14, providers.decline],

  open: [170, tenants.open],
  close: [80, tenants.close],
  cancel: [14, tenants.cancel],
  cancelNoShows: [24, tenants.cancelNoShows],
  expire: [40, tenants.expire],
  collect: [70, tenants.collect],

  publishTerms: [10, governance.publishTerms],
  listToken: [10, governance.listToken],
  delistToken: [4, governance.delistToken],
  pauseEntries: [9, governance.pauseEntries],
} as const satisfies Record<string, readonly [weight: number, choice: Choice]>;

export type Kind = keyof typeof KINDS;

export const ALL_KINDS = Object.keys(KINDS) as Kind[];

export const weightOf = (kind: Kind): number => KINDS[kind][0];

export const choiceOf = (kind: Kind): Choice => KINDS[kind][1];
