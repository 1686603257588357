// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {LeaseLib} from "./LeaseLib.sol";
import {IEscrow} from "../interfaces/IEscrow.sol";
import {ILeases} from "../interfaces/ILeases.sol";
import {IOffers} from "../interfaces/IOffers.sol";
import {Book} from "../types/Book.sol";
import {Entry, toMovement} from "../types/Entry.sol";
import {LeaseId, OfferId} from "../types/Ids.sol";
import {Lease} from "../types/Lease.sol";
import {LeaseClaims} from "../types/LeaseClaims.sol";
import {LeaseHistory} from "../types/LeaseHistory.sol";
import {LeaseProgress} from "../types/LeaseProgress.sol";
import {LeaseTerms} from "../types/LeaseTerms.sol";
import {Offer} from "../types/OfferTypes.sol";

/// @title LeaseChanges
/// @notice Changes of a running lease that leave its rate alone: extend, notice, transfer. Linked to the market, whose
/// storage it works on, so that the market's code stays within its limit. All ask that the lease is active and its end
/// has not come.
library LeaseChanges {
    /// @notice See ILeases.extend.
    function extend(
        Book storage book,
        IEscrow escrow,
        LeaseId leaseId,
        address tenant,
        uint32 addedSeconds,
        uint256 maxCost
    ) external {
        // Check
        Lease storage lease = book.leases[leaseId];
        (LeaseTerms terms, LeaseProgress progress) = (lease.terms, lease.progress);
        LeaseLib.requireRunning(leaseId, terms, progress);
        if (terms.tenant() != tenant) revert ILeases.MarketOtherTenant(leaseId, terms.tenant(), tenant);
        OfferId offerId = leaseId.offerOf();
        if (terms.noticed()) revert ILeases.MarketLeaseNoticed(leaseId);
        Offer storage offer = book.offers[offerId];
        if (offer.retired) revert IOffers.MarketOfferRetired(offerId);
        uint256 duration = uint256(terms.duration()) + addedSeconds;
        uint256 most = offer.traits.maxDuration();
        if (addedSeconds == 0 || duration > most) revert ILeases.MarketExtensionOutOfBounds(leaseId, duration, most);
        LeaseTerms next = terms.withDuration(uint32(duration)); // not more than the maximum, a uint32
        LeaseHistory history = LeaseLib.historyOf(lease, terms);
        uint256 cost =
            LeaseLib.costFromAnchor(next, progress, history) - LeaseLib.costFromAnchor(terms, progress, history);
        if (cost > maxCost) revert ILeases.MarketCostTooHigh(leaseId, maxCost, cost);

        // Effect
        lease.terms = next;
        emit ILeases.LeaseExtended(leaseId, msg.sender, duration, cost);

        // Interaction
        escrow.lockFor(book.listings[terms.listing()].token, msg.sender, terms.tenant(), cost);
    }

    /// @notice See ILeases.giveNotice.
    function giveNotice(Book storage book, IEscrow escrow, LeaseId leaseId, uint40 end) external {
        // Check
        Lease storage lease = book.leases[leaseId];
        (LeaseTerms terms, LeaseProgress progress) = (lease.terms, lease.progress);
        LeaseLib.requireRunning(leaseId, terms, progress);
        OfferId offerId = leaseId.offerOf();
        address provider = book.offers[offerId].state.provider();
        if (msg.sender != provider) revert IOffers.MarketNotProvider(offerId, provider, msg.sender);
        uint256 least = block.timestamp + book.terms[terms.termsVersion()].noticePeriod;
        uint256 most = LeaseLib.endOf(terms, progress);
        if (least > most) least = most;
        if (end < least || end > most) revert ILeases.MarketNoticeOutOfBounds(leaseId, end, least, most);
        LeaseTerms next = terms.withNotice(uint32(end - progress.since())); // not more than the duration, a uint32
        LeaseHistory history = LeaseLib.historyOf(lease, terms);
        uint256 refund =
            LeaseLib.costFromAnchor(terms, progress, history) - LeaseLib.costFromAnchor(next, progress, history);

        // Effect
        lease.terms = next;
        emit ILeases.NoticeGiven(leaseId, next.duration(), refund);

        // Interaction
        if (refund == 0) return;
        Entry[] memory lines = new Entry[](1);
        lines[0] = Entry(terms.tenant(), toMovement(refund, refund));
        escrow.settle(book.listings[terms.listing()].token, lines);
    }

    /// @notice See ILeases.offerTransfer.
    function offerTransfer(Book storage book, LeaseId leaseId, address recipient) external {
        Lease storage lease = book.leases[leaseId];
        LeaseTerms terms = lease.terms;
        LeaseLib.requireTenant(leaseId, terms);
        LeaseLib.requireRunning(leaseId, terms, lease.progress);
        book.transfers[leaseId] = recipient;
        emit ILeases.TransferOffered(leaseId, msg.sender, recipient);
    }

    /// @notice See ILeases.acceptTransfer.
    function acceptTransfer(Book storage book, IEscrow escrow, LeaseId leaseId, uint256 minLocked) external {
        // Check
        Lease storage lease = book.leases[leaseId];
        (LeaseTerms terms, LeaseProgress progress) = (lease.terms, lease.progress);
        LeaseLib.requireRunning(leaseId, terms, progress);
        address recipient = book.transfers[leaseId];
        if (msg.sender != recipient) revert ILeases.MarketNotRecipient(leaseId, recipient, msg.sender);

        LeaseHistory history = LeaseLib.historyOf(lease, terms);
        LeaseClaims claims = LeaseLib.claimsOf(lease, progress);
        uint256 locked =
            LeaseLib.costFromAnchor(terms, progress, history) +
                book.listings[terms.listing()].bounty -
                LeaseLib.paidOf(progress, history) -
                claims.aside();
        if (locked < minLocked) revert ILeases.MarketLockedTooLow(leaseId, minLocked, locked);

        // Effect: claims that are open stay with who was the tenant when they were filed.
        delete book.transfers[leaseId];
        lease.terms = terms.withTransfer(recipient);
        if (claims.open() != 0) book.formerTenants[leaseId][terms.transfers()] = terms.tenant();
        emit ILeases.LeaseTransferred(leaseId, terms.tenant(), recipient, locked);

        // Interaction
        escrow.moveLock(book.listings[terms.listing()].token, terms.tenant(), recipient, locked);
    }
}
