import * as appeals from "./choices/appeals";
import * as bonds from "./choices/bonds";
import * as changes from "./choices/changes";
import * as disputes from "./choices/disputes";
import * as governance from "./choices/governance";
import * as money from "./choices/money";
import * as providers from "./choices/providers";
import * as renewals from "./choices/renewals";
import type { Choice } from "./choices/table";
import * as tenants from "./choices/tenants";

/** Kinds of calls, how often each is made (of all weights together), and how one is made up. */
const KINDS = {
  transferHold: [6, bonds.transferHold],
  transferHoldFrom: [5, bonds.transferHoldFrom],
  approveHold: [4, bonds.approveHold],
  delegate: [4, bonds.delegate],
  lockHold: [16, bonds.lockHold],
  unlockHold: [3, bonds.unlockHold],
  seizeHold: [12, bonds.seizeHold],
  swap: [10, bonds.swap],
  save: [4, bonds.save],
  redeem: [4, bonds.redeem],
  sweep: [3, bonds.sweep],
  transferTokens: [3, money.transferTokens],
  approveTokens: [3, money.approveTokens],

  deposit: [16, money.deposit],
  withdraw: [12, money.withdraw],
  approveModule: [14, money.approveModule],
  fundBySignature: [14, money.fundBySignature],
  lock: [12, money.lock],
  lockFor: [8, money.lockFor],
  moveLock: [8, money.moveLock],
  settle: [10, money.settle],

  bond: [18, bonds.bond],
  bondFor: [9, bonds.bondFor],
  moveBond: [8, bonds.moveBond],
  startUnbonding: [9, bonds.startUnbonding],
  cancelUnbonding: [12, bonds.cancelUnbonding],
  finishUnbonding: [9, bonds.finishUnbonding],
  claimPenalties: [12, bonds.claimPenalties],
  tryReserve: [8, bonds.tryReserve],
  release: [6, bonds.release],
  penalise: [8, bonds.penalise],
  addRecord: [3, bonds.addRecord],
  setUnbondingDelay: [5, bonds.setUnbondingDelay],

  setOperator: [8, providers.setOperator],
  heartbeat: [36, providers.heartbeat],
  createOffer: [24, providers.createOffer],
  createQuotedOffer: [7, providers.createQuotedOffer],
  setPrice: [24, providers.setPrice],
  setCapacity: [8, providers.setCapacity],
  retireOffer: [7, providers.retireOffer],
  activate: [110, providers.activate],
  decline: [26, providers.decline],

  open: [190, tenants.open],
  openQuoted: [18, tenants.openQuoted],
  close: [50, tenants.close],
  cancel: [14, tenants.cancel],
  cancelNoShows: [24, tenants.cancelNoShows],
  expire: [34, tenants.expire],
  collect: [70, tenants.collect],

  extend: [36, changes.extend],
  resize: [84, changes.resize],
  grow: [24, changes.grow],
  shrinkAtOnce: [4, changes.shrinkAtOnce],
  giveNotice: [24, changes.giveNotice],
  offerTransfer: [16, changes.offerTransfer],
  acceptTransfer: [30, changes.acceptTransfer],

  setOrder: [20, renewals.setOrder],
  cancelOrder: [10, renewals.cancelOrder],
  renewOrders: [90, renewals.renewOrders],
  renew: [40, renewals.renew],
  letDown: [24, renewals.letDown],
  failOverOrder: [56, renewals.failOverOrder],
  failOver: [24, renewals.failOver],

  file: [64, disputes.file],
  answer: [30, disputes.answer],
  concede: [14, disputes.concede],
  withdrawClaim: [30, disputes.withdrawClaim],
  rule: [50, disputes.rule],
  recuse: [20, disputes.recuse],
  appeal: [20, disputes.appeal],
  decide: [14, disputes.decide],
  proposeAppeal: [10, appeals.proposeAppeal],
  execute: [20, disputes.execute],
  settleDispute: [14, disputes.settleDispute],
  collectFee: [12, disputes.collectFee],
  seat: [8, disputes.seat],
  unseat: [11, disputes.unseat],
  publishRules: [9, disputes.publishRules],
  openClaim: [50, disputes.openClaim],
  endClaim: [36, disputes.endClaim],
  lapseClaim: [6, disputes.lapseClaim],

  publishTerms: [16, governance.publishTerms],
  listToken: [10, governance.listToken],
  delistToken: [4, governance.delistToken],
  pauseEntries: [9, governance.pauseEntries],
} as const satisfies Record<string, readonly [weight: number, choice: Choice]>;

export type Kind = keyof typeof KINDS;

export const ALL_KINDS = Object.keys(KINDS) as Kind[];

export const weightOf = (kind: Kind): number => KINDS[kind][0];

export const choiceOf = (kind: Kind): Choice => KINDS[kind][1];
