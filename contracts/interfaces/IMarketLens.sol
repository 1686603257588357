// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarket} from "./IMarket.sol";
import {LeaseId, OfferId} from "../types/Ids.sol";
import {EndReason, LeaseStatus} from "../types/LeaseTypes.sol";
import {MisfitReason, Order} from "../types/OfferTypes.sol";
import {Resources} from "../types/Resources.sol";

/// @title Lens: what screens, scripts and keepers read of a market, in pages
/// @notice Holds nothing and may be replaced at any time. Pages are bounded by how much they look at, not by how much
/// they find, so that the cost of a call is known before it is made.
interface IMarketLens {
    /// @notice A lease and everything that follows from it at the time of the block.
    struct LeaseView {
        LeaseId leaseId;
        LeaseStatus status;
        EndReason reason; // of its end
        address tenant;
        address provider;
        address token;
        uint24 units;
        uint16 termsVersion;
        uint16 listing;
        uint16 feeBps;
        uint128 ratePerSecondX32; // base units per second, times 2^32
        uint256 openedAt; // pending
        uint256 deadline; // pending: activation deadline
        uint256 cutoff; // pending: from then on anyone cancels it as a no-show
        uint256 startedAt; // active and closed
        uint256 end; // active and closed: when it ends or ended
        uint256 duration; // seconds; of a closed lease, what it lived
        uint256 remaining; // active: seconds to its end
        uint256 anchor; // active and closed: when its present rate began
        uint256 billedSeconds; // since the anchor. Active: live seconds so far; closed: final
        uint256 paidSeconds; // billed seconds that the provider was paid for, or that claims hold
        uint256 fraction; // of a base unit that was earned before the anchor and not paid then, times 2^32
        uint256 feeRemainder; // of a base unit of fee on what was paid before the anchor, in ten-thousandths
        uint256 earned; // base units, fee included: what the billed seconds and the fraction earned
        uint256 collectable; // base units that collecting now pays to the provider
        uint256 locked; // base units still locked for it
        uint256 bounty; // base units, part of `locked` while it is pending or active
        uint256 collateral; // wei of HOLD still reserved for it
        uint256 grownAt; // when its collateral grew last; 0: never, or too long ago to matter
        uint256 grownFrom; // wei of HOLD that a fault which began before that counts on at the most
        bool lagging; // a shrink left more reserved than the units need, until no claim is open
        uint256 penalised; // wei of HOLD that upheld claims and the service credit took of its collateral
        uint256 releasableAt; // closed: when the collateral can be released, if no claim is open then
        uint256 openClaims; // claims that have not ended
        uint256 punished; // wei of HOLD that were taken for faults that began before `coveredUntil`
        uint256 coveredUntil; // when the last claim that was punished in full was filed; 0: none was
        bool settled; // closed, everything collected
        bool noticed; // its provider gave notice
        uint8 transfers; // how often it changed hands
        address recipient; // to whom it is offered now; zero: to nobody
        uint256 darkSeconds; // active and closed: of its provider since the start
        uint256 creditDue; // closed: wei of HOLD that the first collect takes as service credit
    }

    /// @notice An offer and what a tenant wants to know of it now.
    struct OfferView {
        OfferId offerId;
        address provider;
        address token;
        uint128 pricePerSecondX32; // base units per unit-second, times 2^32
        Resources resources; // of one unit
        uint24 minDuration; // seconds
        uint32 maxDuration; // seconds
        uint24 capacity; // units
        uint24 used; // units
        uint24 unitsLeft;
        uint32 leaseCount; // leases ever opened
        bool retired;
        bool quotedOnly; // leased by signed quotes alone
        uint128 renewalPriceX32; // what renewals pay now: a raise counts 24 hours after it was set
        bool live; // the provider is
        bool fresh; // the provider was seen within half the grace: leases can be opened
        address slasher;
        bytes32 contentHash;
        uint256 freeBond; // wei of HOLD that the provider has for collateral
        uint256 collateralPerUnit; // wei of HOLD, by the present weights
    }

    /// @notice What opening on one candidate of an order would do, or why it would not.
    struct Quote {
        OfferId offerId;
        MisfitReason reason; // None: it fits
        uint256 available; // see MisfitReason
        uint256 required; // see MisfitReason
        uint256 ratePerSecondX32;
        uint256 locked; // base units, bounty included
        uint256 bounty; // base units
        uint256 collateral; // wei of HOLD
    }

    /// @notice What no vote can change about the market: windows, and the bounds of what is governed.
    struct Constants {
        uint256 minClaimTail; // seconds
        uint256 maxClaimTail; // seconds
        uint256 claimLife; // seconds
        uint256 maxFaultAge; // seconds
        uint256 renewalWindow; // seconds before the end in which a lease is renewed
        uint256 failOverDivisor; // a lease fails over in the last such part of its duration, or of its order's period
        uint256 raiseDelay; // seconds until renewals pay a raise
        uint256 creditDivisor; // a service credit is at most this part of the collateral
        uint256 declineDivisor; // declining costs this part of the no-show penalty
        uint256 maxMinDuration; // seconds
        uint256 maxFeeBps;
        uint256 maxToleranceBps;
        uint256 maxNoShowBps;
        uint256 minNotice; // seconds
        uint256 maxNotice; // seconds
        uint256 minActivationWindow; // seconds
        uint256 maxActivationWindow; // seconds
        uint256 minCreditPeriod; // seconds
        uint256 maxCreditPeriod; // seconds
        uint256 maxPause; // seconds
    }

    /// @notice The money of an account in one token.
    struct Funds {
        uint256 free; // base units that can be withdrawn, or locked for leases
        uint256 locked; // base units locked by the market
        uint256 ceiling; // what the market may have locked at most
    }

    /// @notice What anyone may do with a lease now.
    enum Duty {
        Expire,
        CancelNoShow
    }

    /// @notice A lease that something is due on.
    struct DueLease {
        LeaseId leaseId;
        Duty duty;
        uint256 dueSince;
        address token;
        uint256 bounty; // base units that doing it pays
    }

    /// @notice The market that is read.
    function MARKET() external view returns (IMarket);

    /// @notice A lease, all zero where there is none.
    function leaseView(LeaseId leaseId) external view returns (LeaseView memory);

    /// @notice Several leases.
    function leaseViews(LeaseId[] calldata leaseIds) external view returns (LeaseView[] memory);

    /// @notice Offers number `from` (at least 1) and the next, at most `limit` of them.
    function offerViews(uint64 from, uint256 limit) external view returns (OfferView[] memory);

    /// @notice What opening would do on each candidate of an order, each by itself as if it were the first, in the
    /// order's order. Whether the tenant has the funds is not asked.
    function quote(Order calldata order) external view returns (Quote[] memory);

    /// @notice Constants of the market's code.
    function constants() external pure returns (Constants memory);

    /// @notice What `account` has in `token`.
    function fundsOf(address token, address account) external view returns (Funds memory);

    /// @notice Leases of `tenant`, found among the `scan` leases from `from` on (zero: from the first).
    /// @return leaseIds those found.
    /// @return next where to go on; zero: all were seen.
    function leasesOfTenant(
        address tenant,
        LeaseId from,
        uint256 scan
    ) external view returns (LeaseId[] memory leaseIds, LeaseId next);

    /// @notice Leases that anyone may end now, found among the `scan` leases from `from` on (zero: from the first).
    /// @return due those found.
    /// @return next where to go on; zero: all were seen.
    function dueLeases(LeaseId from, uint256 scan) external view returns (DueLease[] memory due, LeaseId next);
}
