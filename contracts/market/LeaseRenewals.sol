// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILeases} from "../interfaces/ILeases.sol";
import {IMarketHooks} from "../interfaces/IMarketHooks.sol";
import {LeaseLib} from "../libraries/LeaseLib.sol";
import {LeaseRepricing} from "../libraries/LeaseRepricing.sol";
import {LeaseId} from "../types/Ids.sol";
import {Lease} from "../types/Lease.sol";
import {LeaseHistory} from "../types/LeaseHistory.sol";
import {LeaseProgress} from "../types/LeaseProgress.sol";
import {LeaseTerms} from "../types/LeaseTerms.sol";
import {LeaseStatus} from "../types/LeaseTypes.sol";
import {Offer} from "../types/OfferTypes.sol";
import {TokenTerms} from "../types/Parameters.sol";
import {Renewal} from "../types/Renewal.sol";
import {LeaseLife} from "./LeaseLife.sol";

/// @title LeaseRenewals
/// @notice Renews leases in the hour before their end, as their tenants' standing orders say.
/// @dev Where neither rate nor terms changed, a renewal is an extension: settling first would pay what settling later
/// pays, to the base unit (INV-LSE-3), so nothing is settled. Otherwise the linked library LeaseRepricing settles.
abstract contract LeaseRenewals is LeaseLife {
    uint256 private constant _LEAST_PERIOD = 1 hours;

    /// @inheritdoc IMarketHooks
    function renew(Renewal[] calldata renewals, address caller) external returns (bool[] memory done) {
        _requireOrders();
        done = new bool[](renewals.length);
        LeaseLib.DarkAnswer memory known;
        for (uint256 i = 0; i < renewals.length; ++i) done[i] = _renew(renewals[i], caller, known);
    }

    // ------------------------------------------------------------------------------------------------- internal

    /// @dev Renews one lease; false where it cannot be, and then nothing changed.
    function _renew(Renewal calldata renewal, address caller, LeaseLib.DarkAnswer memory known) private returns (bool) {
        LeaseId leaseId = renewal.leaseId;
        Lease storage lease = _book.leases[leaseId];
        (LeaseTerms terms, LeaseProgress progress) = (lease.terms, lease.progress);
        LeaseTerms next = _prolonged(renewal, terms, progress);
        if (LeaseTerms.unwrap(next) == 0) return false;

        LeaseRepricing.Change memory change;
        if (!_price(renewal, terms, change)) return false;
        change.dark = LeaseLib.darkUntil(known, _LIVENESS, change.provider, uint40(block.timestamp));
        uint32 lived = uint32(block.timestamp - progress.since()); // before the end
        uint32 dark = change.dark - progress.mark();
        if (LeaseLib.darkBeyond(_book, terms, _OUTAGE_ALLOWANCE, dark, lived) != 0) return false;

        if (change.rate != progress.rate() || terms.termsVersion() != _book.current.termsVersion) {
            return LeaseRepricing.restart(_book, _vaults(), leaseId, next, caller, change);
        }
        LeaseHistory history = LeaseLib.historyOf(lease, terms);
        uint256 cost =
            LeaseLib.costFromAnchor(next, progress, history) - LeaseLib.costFromAnchor(terms, progress, history);
        if (!_ESCROW.tryLockAndPay(change.token, terms.tenant(), cost, change.bounty, caller)) return false;
        lease.terms = next;
        emit ILeases.LeaseRenewed(leaseId, caller, next.duration(), cost, 0, change.bounty);
        return true;
    }

    /// @dev The terms with the end moved by the period; zero where the lease cannot be renewed now.
    function _prolonged(
        Renewal calldata renewal,
        LeaseTerms terms,
        LeaseProgress progress
    ) private view returns (LeaseTerms) {
        LeaseTerms none;
        if (progress.status() != LeaseStatus.Active) return none;
        if (terms.noticed() || terms.transfers() != renewal.transfers) return none;
        uint256 end = LeaseLib.endOf(terms, progress);
        if (block.timestamp >= end || block.timestamp + LeaseLib.RENEWAL_WINDOW < end) return none;
        uint256 duration = uint256(terms.duration()) + renewal.period;
        if (renewal.period < _LEAST_PERIOD || duration > type(uint32).max) return none;
        return terms.withDuration(uint32(duration)); // checked above
    }

    /// @dev Fills in provider, rate, token and bounty; false where the offer is retired, or price, bounty or listing
    /// are not as the order asks.
    function _price(
        Renewal calldata renewal,
        LeaseTerms terms,
        LeaseRepricing.Change memory change
    ) private view returns (bool) {
        Offer storage offer = _book.offers[renewal.leaseId.offerOf()];
        uint256 price = LeaseLib.renewalPrice(offer);
        uint256 rate = price * terms.units();
        if (offer.retired || price > renewal.maxPricePerSecondX32 || rate > type(uint128).max) return false;

        address token = _book.listings[terms.listing()].token;
        TokenTerms storage listed = _book.tokenTerms[token];
        uint256 bounty = listed.bounty;
        if (!listed.listed || bounty > renewal.maxBounty) return false;

        change.provider = offer.state.provider();
        change.token = token;
        change.rate = uint128(rate); // checked above
        change.bounty = bounty;
        return true;
    }
}
