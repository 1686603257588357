// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Decision, Dispute, DisputePhase, FaultClass, Outcome, Rules, Vote} from "../types/DisputeTypes.sol";
import {DisputeId, LeaseId} from "../types/Ids.sol";

/// @title Disputes: claims about leases, answered, ruled on, appealed, executed
/// @notice
///
///     file --> Filed --answer--> Answered --ruling--> Decided --appeal--> Appealed --> Executed --> Settled
///                '--silence: Upheld--------------------^                       (2 d)         (21 d)
///                           '--silence of the council: Failed --^
///
/// Every window is half-open, and from its end on a default applies that nobody has to declare. A provider that does
/// not answer within 2 days concedes. A council that does not rule within 4 days leaves the claim failed. An outcome
/// that nobody appeals within 2 days stands, and so does one that the appeal authority leaves alone for 21 days. So
/// anyone can execute a dispute 29 days after it was filed at the latest, whoever goes silent (INV-DSP-1). It should be
/// executed within 60 days of the filing: from then on the market counts the claim as not upheld. Only publishing
/// rules, for disputes that are filed later, asks a role.
///
/// Bonds are HOLD. They are held here and paid out as they came in (INV-DSP-1), or they are reserved of what their
/// poster bonded with this contract. So a provider whose HOLD is all bonded can defend itself: it moves some of its
/// free bond here. An upheld claim brings the claimant its bond and the counter-bond. A rejected one brings both to the
/// provider. A failed one returns each to its poster. The filing fee is never returned: the members who voted share it.
interface IDisputes {
    /// @notice A dispute as it stands at the time of the block, with what its deadlines brought.
    struct DisputeView {
        DisputePhase phase; // as stored
        Outcome outcome; // that stands now; None: still open
        address claimant;
        address tenant; // of the lease when the claim was filed
        address provider;
        bool byTenant; // the claimant was the tenant
        bool ripe; // anyone may execute it now
        uint256 filedAt;
        uint256 faultStart;
        uint256 deadline; // when the present window closes; 0: none is open
        uint256 endsAt; // by when it can be executed at the latest, whoever goes silent; 0 once it was
        uint256 held; // base units of the lease's token
        uint256 collateral; // of the lease that the fault counts on, wei of HOLD
        uint256 fractionBps; // of it that the fault costs
        uint256 bond; // claim, counter- and appeal bond each, wei of HOLD
        uint256 filingFee; // wei of HOLD
    }

    /// @notice A claim was filed; see ClaimOpened of the market for what it holds. The fault counts on `collateral`.
    /// Collateral, bond and fee are wei of HOLD.
    event DisputeFiled(
        DisputeId indexed disputeId,
        LeaseId indexed leaseId,
        address indexed provider,
        address tenant,
        FaultClass faultClass,
        uint256 faultStart,
        bytes32 evidence,
        uint256 held,
        uint256 collateral,
        uint256 bond,
        uint256 fee,
        uint256 rules
    );

    /// @notice The provider posted its counter-bond, out of its wallet or reserved of its bond. `eligible` members may
    /// vote.
    event DisputeAnswered(DisputeId indexed disputeId, uint256 eligible, bool fromBond);

    /// @notice The provider conceded: the claim is upheld for good.
    event DisputeConceded(DisputeId indexed disputeId);

    /// @notice The claimant gave up.
    event DisputeWithdrawn(DisputeId indexed disputeId, Outcome outcome);

    /// @notice A member voted, or recused itself.
    event Voted(DisputeId indexed disputeId, address indexed member, Vote vote, uint256 upholds, uint256 rejects);

    /// @notice The council decided, or has too few members to; either side may appeal.
    event DisputeDecided(DisputeId indexed disputeId, Outcome outcome);

    /// @notice `appellant` appeals `outcome`, for a bond out of its wallet or reserved of its bond.
    event DisputeAppealed(DisputeId indexed disputeId, address indexed appellant, Outcome outcome, bool fromBond);

    /// @notice The appeal authority decided for good.
    event AppealDecided(DisputeId indexed disputeId, Outcome outcome);

    /// @notice The market carried the outcome out; `penalty` of the collateral was taken, wei of HOLD.
    event DisputeExecuted(DisputeId indexed disputeId, Outcome outcome, uint256 penalty);

    /// @notice The bonds that were held here were paid out, in wei of HOLD. Those that were reserved with staking were
    /// released there, or taken as a penalty for the other side. Each member who voted has `share` of the fee to
    /// collect, filed under `filedAt`.
    event DisputeSettled(
        DisputeId indexed disputeId,
        uint256 filedAt,
        uint256 toClaimant,
        uint256 toProvider,
        uint256 toTreasury,
        uint256 share
    );

    /// @notice A member took its share of a filing fee.
    event FeeCollected(
        DisputeId indexed disputeId,
        uint256 filedAt,
        address indexed member,
        address to,
        uint256 amount
    );

    /// @notice Claims that are filed from now on are filed under these rules.
    event RulesPublished(uint256 indexed version, Rules rules);

    /// @notice The claimant has an open claim on this lease.
    error DisputesAlreadyOpen(DisputeId disputeId);

    /// @notice The lease is another tenant's than the caller names.
    error DisputesOtherTenant(LeaseId leaseId, address tenant, address named);

    /// @notice A claimant files on one lease once a second.
    error DisputesFiledThisSecond(DisputeId disputeId);

    /// @notice A fault can be claimed for 7 days after it began.
    error DisputesFaultTooOld(uint256 faultStart, uint256 least);

    /// @notice The dispute is in another phase, or does not exist.
    error DisputesWrongPhase(DisputeId disputeId, DisputePhase phase);

    /// @notice The window for this closed at `deadline`.
    error DisputesTooLate(DisputeId disputeId, uint256 deadline, uint256 now);

    /// @notice Nothing is executed before `from`.
    error DisputesTooEarly(DisputeId disputeId, uint256 from, uint256 now);

    /// @notice Only `expected` may do this.
    error DisputesNotParty(DisputeId disputeId, address expected, address caller);

    /// @notice Nobody appeals the outcome that is best for itself, and nobody but the two sides appeals.
    error DisputesNothingToAppeal(DisputeId disputeId, Outcome outcome, address caller);

    /// @notice The caller had no seat before the claim was filed, or not without a break since; 0: it has none now.
    error DisputesNotSeated(DisputeId disputeId, address caller, uint256 seatedSince, uint256 filedAt);

    /// @notice Nobody rules on a case of its own.
    error DisputesPartyCannotRule(DisputeId disputeId, address caller);

    /// @notice The caller voted, or recused itself.
    error DisputesVoteCast(DisputeId disputeId, address caller);

    /// @notice Only the appeal authority that the dispute was filed under decides.
    error DisputesNotAuthority(DisputeId disputeId, address authority, address caller);

    /// @notice An appeal is decided by an outcome.
    error DisputesNoOutcome(DisputeId disputeId);

    /// @notice The claimant filed another claim under this name since.
    error DisputesAnotherClaim(DisputeId disputeId, uint256 filedAt, uint256 meant);

    /// @notice The caller has no share of this fee, or took it.
    error DisputesNoShare(DisputeId disputeId, uint256 filedAt, address caller);

    /// @notice Appeals without an address would be heard by nobody.
    error DisputesZeroAddress();

    /// @notice Fees would go to an account that nobody takes them out of: zero, or one of our own contracts that are
    /// known here.
    error DisputesInvalidTreasury(address treasury);

    /// @notice An account that the HOLD could never leave again: this contract, or HOLD itself.
    error DisputesInvalidRecipient(address to);

    /// @notice Of what `account` bonded with this contract, `free` wei are not reserved; `required` are asked for.
    error DisputesBondShort(address account, uint256 free, uint256 required);

    /// @notice A rule would leave its bounds.
    error DisputesRuleOutOfBounds(string name, uint256 value, uint256 least, uint256 most);

    /// @notice Files a claim about lease `leaseId`: its tenant, or anyone else as a challenger. Takes the claim bond
    /// and the filing fee out of the caller's HOLD allowance to this contract. A tenant's claim holds back what the
    /// lease earned since the fault began and the provider has not collected, less than 2^112 base units (a later start
    /// of the fault holds less); a challenger's reaches the collateral alone.
    /// @param tenant of the lease. After a reorganisation of the chain another tenant's lease may have this number.
    /// @param faultStart second in which the fault began: within the lease, and at most 7 days ago.
    /// @param evidence hash of what proves it; published, not stored.
    function file(
        LeaseId leaseId,
        address tenant,
        FaultClass faultClass,
        uint40 faultStart,
        bytes32 evidence
    ) external returns (DisputeId disputeId);

    /// @notice Denies the claim, for a counter-bond as large as the claim bond, within 2 days. With fewer than three
    /// eligible members it has failed then. For the provider.
    /// @param filedAt second in which the claim that is meant was filed, as in every later step that only some may
    /// take: a later claim under the same name is another one.
    /// @param fromBond whether the bond is reserved of what the caller bonded with this contract, instead of taken out
    /// of its wallet. It is free again where it returns. Where the other side gets it, that side is paid after one
    /// unbonding delay.
    function answer(DisputeId disputeId, uint40 filedAt, bool fromBond) external;

    /// @notice Admits the fault, until the council decided. The claim is upheld at once, and for good. For the
    /// provider.
    /// @param filedAt second in which the claim that is admitted was filed: a later claim under the same name is not
    /// admitted (ATK-DSP-6).
    function concede(DisputeId disputeId, uint40 filedAt) external;

    /// @notice Gives the claim up, until it is decided. Before the answer its bond returns; after it, the bond is the
    /// provider's. For the claimant. Executes and settles the dispute.
    function withdraw(DisputeId disputeId, uint40 filedAt) external;

    /// @notice Votes on an answered claim, within 4 days of the answer. More than half of the eligible members uphold,
    /// or reject; otherwise the claim fails. For members seated since before the claim was filed who are no party.
    function rule(DisputeId disputeId, uint40 filedAt, bool uphold) external;

    /// @notice Declares that the caller will not vote. It stays in the denominator. For the same members.
    function recuse(DisputeId disputeId, uint40 filedAt) external;

    /// @notice Appeals the outcome, within 2 days of it, for a bond as large as the claim bond: it returns where the
    /// authority decides better for the appellant, else it is the other side's. One appeal decides a dispute. For the
    /// claimant, unless the claim is upheld; for the provider, unless it is rejected.
    /// @param fromBond as for `answer`.
    function appeal(DisputeId disputeId, uint40 filedAt, bool fromBond) external;

    /// @notice Decides appeals, for the appeal authority of each. Skips those that are not open, and those of an
    /// earlier claim.
    /// @return done how many were decided.
    function decide(Decision[] calldata decisions) external returns (uint256 done);

    /// @notice Carries out the outcome that stands, once no window is open: the penalty, the held earnings. From 60
    /// days after the filing the market counts the claim as not upheld; bonds still follow the outcome. Anyone may.
    function execute(DisputeId disputeId) external;

    /// @notice Pays the bonds of an executed dispute to the two sides, and what no member earned of the fee to the
    /// treasury. Anyone may. HOLD calls nobody back and refuses nobody, so no side can stop the other's payment.
    function settle(DisputeId disputeId) external;

    /// @notice Sends the caller's share of a filing fee to `to`. For members who voted on the claim filed at `filedAt`.
    /// @return amount wei of HOLD.
    function collectFee(DisputeId disputeId, uint40 filedAt, address to) external returns (uint256 amount);

    /// @notice Publishes the rules for claims that are filed from now on. For governance.
    function publishRules(Rules calldata rules) external returns (uint16 version);

    /// @notice A dispute with what its deadlines brought; all zero where there is none.
    function disputeView(DisputeId disputeId) external view returns (DisputeView memory);

    /// @notice A dispute as it is stored.
    function disputeById(DisputeId disputeId) external view returns (Dispute memory);

    /// @notice What `member` did in the dispute that was filed at `filedAt`.
    function voteOf(DisputeId disputeId, uint40 filedAt, address member) external view returns (Vote);

    /// @notice Share of the filing fee for each member who voted on the claim that was filed at `filedAt`, wei of HOLD.
    function shareOf(DisputeId disputeId, uint40 filedAt) external view returns (uint256);

    /// @notice Version of the rules that claims are filed under now.
    function currentRules() external view returns (uint16);

    /// @notice Rules `version`; all zero where there are none.
    function rulesOf(uint16 version) external view returns (Rules memory);

    /// @notice Bond that a claim on `collateral` wei of HOLD takes now: a tenth of it, at least the floor, at most all
    /// of it.
    function bondFor(uint256 collateral) external view returns (uint256);

    /// @notice Seconds in which the provider answers.
    function ANSWER_WINDOW() external view returns (uint40);

    /// @notice Seconds from the answer in which the council rules.
    function RULING_WINDOW() external view returns (uint40);

    /// @notice Seconds in which an outcome can be appealed.
    function APPEAL_WINDOW() external view returns (uint40);

    /// @notice Seconds from the appeal in which the appeal authority decides.
    function DECISION_WINDOW() external view returns (uint40);

    /// @notice Smallest fraction of the collateral that rules can ask for a fault, basis points.
    function MIN_FRACTION_BPS() external view returns (uint256);

    /// @notice Largest fraction of the collateral that rules can ask for a fault, basis points.
    function MAX_FRACTION_BPS() external view returns (uint256);

    /// @notice Largest floor of bonds that rules can set, millionths of a HOLD.
    function MAX_BOND_FLOOR() external view returns (uint256);

    /// @notice A fault that is claimed began at most so many seconds ago.
    function MAX_FAULT_AGE() external view returns (uint256);

    /// @notice The market whose leases are disputed.
    function MARKET() external view returns (address);

    /// @notice The council that rules.
    function COUNCIL() external view returns (address);

    /// @notice The token of bonds and fees.
    function HOLD() external view returns (address);
}
