// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarket} from "../interfaces/IMarket.sol";
import {IStandingOrders} from "../interfaces/IStandingOrders.sol";
import {LeaseLib} from "../libraries/LeaseLib.sol";
import {LeaseId, OfferId} from "../types/Ids.sol";
import {Lease} from "../types/Lease.sol";
import {LeaseTerms} from "../types/LeaseTerms.sol";
import {LeaseStatus} from "../types/LeaseTypes.sol";
import {Candidate, Order} from "../types/OfferTypes.sol";
import {Renewal} from "../types/Renewal.sol";
import {Resources} from "../types/Resources.sol";

/// @title StandingOrders
/// @notice The manual is IStandingOrders. Keeps what tenants ordered, and asks the market to carry it out; holds no
/// money, no role, and is owned by nobody (INV-ORD-1).
/// @dev Calls nobody but the market, and the market nobody but the vaults, so nothing comes back in here.
contract StandingOrders is IStandingOrders {
    /// @inheritdoc IStandingOrders
    uint32 public constant MIN_PERIOD = 1 hours;
    /// @inheritdoc IStandingOrders
    uint256 public constant MAX_FALLBACKS = 4;
    uint256 private constant _OFFER_BITS = 64;

    IMarket private immutable _MARKET;

    mapping(LeaseId leaseId => StandingOrder order) private _orders;
    /// @dev Offer numbers, 64 bits each, from the low end; zero ends the list. Read at failover only.
    mapping(LeaseId leaseId => uint256 offers) private _fallbacks;

    /// @notice Wires the orders to their market, which names this contract as its `ORDERS`.
    constructor(IMarket market) {
        _MARKET = market;
    }

    // --------------------------------------------------------------------------------------------------- tenant

    /// @inheritdoc IStandingOrders
    function setOrder(
        LeaseId leaseId,
        uint32 period,
        uint8 count,
        uint120 maxPricePerSecondX32,
        uint88 maxBounty,
        Fallback[] calldata fallbacks
    ) external {
        // Check
        Lease memory lease = _MARKET.leaseById(leaseId);
        _requireTenant(leaseId, lease.terms);
        if (!_goesOn(lease) || (lease.terms.noticed() && fallbacks.length == 0)) {
            revert OrdersNotRenewable(leaseId, lease.progress.status(), lease.terms.noticed());
        }
        if (period < MIN_PERIOD) revert OrdersPeriodTooShort(period, MIN_PERIOD);
        if (count == 0) revert OrdersZeroCount();

        // Effect: the fallbacks of an earlier order, perhaps of an earlier tenant, never outlive it.
        _orders[leaseId] = StandingOrder({
            maxPricePerSecondX32: maxPricePerSecondX32,
            period: period,
            count: count,
            maxBounty: maxBounty,
            transfers: lease.terms.transfers()
        });
        _fallbacks[leaseId] = _pack(fallbacks);
        emit OrderPlaced(leaseId, msg.sender, period, count, maxPricePerSecondX32, maxBounty, fallbacks);
    }

    /// @inheritdoc IStandingOrders
    function cancelOrder(LeaseId leaseId) external {
        LeaseTerms terms = _MARKET.leaseById(leaseId).terms;
        _requireTenant(leaseId, terms);
        if (!_stands(_orders[leaseId], terms)) revert OrdersNoOrder(leaseId);
        _remove(leaseId);
        emit OrderCancelled(leaseId, msg.sender);
    }

    // --------------------------------------------------------------------------------------------------- anyone

    /// @inheritdoc IStandingOrders
    function renew(LeaseId[] calldata leaseIds) external returns (uint256 done) {
        // What has no order stays all zero, and the market skips it: there is no lease 0.
        Renewal[] memory renewals = new Renewal[](leaseIds.length);
        for (uint256 i = 0; i < leaseIds.length; ++i) {
            StandingOrder memory order = _orders[leaseIds[i]];
            if (order.count == 0) continue;
            renewals[i] = Renewal({
                leaseId: leaseIds[i],
                period: order.period,
                maxPricePerSecondX32: order.maxPricePerSecondX32,
                maxBounty: order.maxBounty,
                transfers: order.transfers
            });
        }

        // A lease that was renewed is more than an hour from its end, so it is never renewed twice in a second, however
        // often a batch names it.
        bool[] memory renewed = _MARKET.renew(renewals, msg.sender);
        for (uint256 i = 0; i < renewed.length; ++i) {
            if (!renewed[i]) continue;
            if (--_orders[leaseIds[i]].count == 0) _remove(leaseIds[i]);
            ++done;
        }
    }

    /// @inheritdoc IStandingOrders
    function failOver(LeaseId leaseId) external returns (LeaseId next) {
        // Check
        LeaseTerms terms = _MARKET.leaseById(leaseId).terms;
        StandingOrder memory order = _orders[leaseId];
        if (!_stands(order, terms)) revert OrdersNoOrder(leaseId);
        uint256 fallbacks = _fallbacks[leaseId];
        if (fallbacks == 0) revert OrdersNoFallback(leaseId);

        // Effect
        _remove(leaseId);

        // Interaction: the market says how the new lease is numbered, or reverts all of this.
        next = _MARKET.failOver(leaseId, _openingOf(order, fallbacks, terms), order.maxBounty, msg.sender);
        --order.count;
        if (order.count != 0) {
            order.transfers = 0;
            (_orders[next], _fallbacks[next]) = (order, fallbacks);
        }
        emit OrderFailedOver(leaseId, next, msg.sender, order.count);
    }

    // ---------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IStandingOrders
    function orderOf(LeaseId leaseId) external view returns (StandingOrder memory order, OfferId[] memory fallbacks) {
        Lease memory lease = _MARKET.leaseById(leaseId);
        if (!_stands(_orders[leaseId], lease.terms) || !_goesOn(lease)) return (order, fallbacks);
        return (_orders[leaseId], _unpack(_fallbacks[leaseId]));
    }

    /// @inheritdoc IStandingOrders
    function MARKET() external view returns (IMarket) {
        return _MARKET;
    }

    // ------------------------------------------------------------------------------------------------- internal

    function _remove(LeaseId leaseId) private {
        delete _orders[leaseId];
        delete _fallbacks[leaseId];
    }

    function _requireTenant(LeaseId leaseId, LeaseTerms terms) private view {
        address tenant = terms.tenant();
        if (tenant != msg.sender) revert OrdersNotTenant(leaseId, tenant, msg.sender);
    }

    /// @dev Whether there is an order, placed by the lease's present tenant.
    function _stands(StandingOrder memory order, LeaseTerms terms) private pure returns (bool) {
        return order.count != 0 && order.transfers == terms.transfers();
    }

    /// @dev Whether a lease is pending or running.
    function _goesOn(Lease memory lease) private view returns (bool) {
        LeaseStatus status = lease.progress.status();
        if (status == LeaseStatus.Pending) return true;
        if (status != LeaseStatus.Active) return false;
        return block.timestamp < LeaseLib.endOf(lease.terms, lease.progress);
    }

    /// @dev What an order opens where its lease fails over: the same units, in the same token, for a period.
    function _openingOf(
        StandingOrder memory order,
        uint256 fallbacks,
        LeaseTerms terms
    ) private view returns (Order memory opening) {
        OfferId[] memory offers = _unpack(fallbacks);
        opening.candidates = new Candidate[](offers.length);
        for (uint256 i = 0; i < offers.length; ++i) {
            // The provider was compared when the order was placed, and an offer's never changes.
            address provider = _MARKET.providerOf(offers[i].toLeaseId(0));
            opening.candidates[i] = Candidate(offers[i], provider, order.maxPricePerSecondX32);
        }
        opening.token = _MARKET.listingOf(terms.listing()).token;
        opening.units = terms.units();
        opening.duration = order.period;
        opening.maxLock = type(uint120).max; // price, units and period bound it
        opening.requirement = Resources.wrap(0); // the tenant chose the offers, and what is on offer never changes
        opening.replicas = 1;
    }

    /// @dev Offers in one word; each exists, so none is zero.
    function _pack(Fallback[] calldata fallbacks) private view returns (uint256 word) {
        if (fallbacks.length == 0) return 0;
        if (fallbacks.length > MAX_FALLBACKS) revert OrdersTooManyFallbacks(fallbacks.length, MAX_FALLBACKS);
        uint256 offerCount = _MARKET.offerCount();
        for (uint256 i = 0; i < fallbacks.length; ++i) {
            (OfferId offerId, address named) = (fallbacks[i].offer, fallbacks[i].provider);
            uint256 offer = OfferId.unwrap(offerId);
            if (offer == 0 || offer > offerCount) revert OrdersUnknownOffer(offerId, offerCount);
            address provider = _MARKET.providerOf(offerId.toLeaseId(0));
            if (provider != named) revert OrdersOtherProvider(offerId, provider, named);
            word |= offer << (_OFFER_BITS * i);
        }
    }

    /// @dev The offers of a word.
    function _unpack(uint256 word) private pure returns (OfferId[] memory offers) {
        uint256 count;
        while (count < MAX_FALLBACKS && word >> (_OFFER_BITS * count) != 0) ++count;
        offers = new OfferId[](count);
        for (uint256 i = 0; i < count; ++i) {
            offers[i] = OfferId.wrap(uint64(word >> (_OFFER_BITS * i))); // keeps the lower 64 bits on purpose
        }
    }
}
