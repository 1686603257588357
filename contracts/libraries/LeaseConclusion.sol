// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Collateral} from "./Collateral.sol";
import {LeaseLib} from "./LeaseLib.sol";
import {ILeases} from "../interfaces/ILeases.sol";
import {IProviderRecords} from "../interfaces/IProviderRecords.sol";
import {Book} from "../types/Book.sol";
import {LeaseId} from "../types/Ids.sol";
import {Lease} from "../types/Lease.sol";
import {LeaseClaims} from "../types/LeaseClaims.sol";
import {LeaseHistory} from "../types/LeaseHistory.sol";
import {LeaseProgress} from "../types/LeaseProgress.sol";
import {LeaseTerms} from "../types/LeaseTerms.sol";

/// @title LeaseConclusion
/// @notice What a closed lease leaves behind, once, when it is first collected: its part of the provider's record, and
/// the service credit where the provider was dark beyond the allowance. Both follow from how it ended, so that they do
/// not depend on when that is. Linked to the market.
library LeaseConclusion {
    /// @notice What is left to pay out of a closed lease's lock, base units.
    struct Due {
        address token;
        uint256 amount; // to the provider
        uint256 fee;
        address treasury; // whom the fee goes to
    }

    /// @notice Concludes a closed lease that was not settled yet.
    function conclude(
        Book storage book,
        LeaseLib.Vaults calldata vaults,
        LeaseId leaseId,
        LeaseTerms terms,
        LeaseProgress progress
    ) external returns (Due memory due) {
        // Money
        Lease storage lease = book.leases[leaseId];
        LeaseHistory history = LeaseLib.historyOf(lease, terms);
        uint256 earned = LeaseLib.earnedOf(progress, history, progress.mark());
        due.token = book.listings[terms.listing()].token;
        due.treasury = book.terms[LeaseLib.treasuryVersionOf(lease, terms)].treasury;
        uint256 fee = LeaseLib.feeOf(progress, history, earned);
        due.amount = earned - fee - LeaseLib.paidOf(progress, history);
        due.fee = fee - LeaseLib.claimsOf(lease, progress).aside();
        emit ILeases.LeaseCollected(leaseId, progress.mark(), due.amount);
        emit ILeases.LeaseSettled(leaseId, due.fee);

        // Darkness
        uint32 lived = terms.duration();
        uint32 minimum = book.offers[leaseId.offerOf()].traits.minDuration();
        uint32 dark = LeaseLib.darkOfClosed(terms, progress, history, minimum);
        uint256 beyond = LeaseLib.darkBeyond(book, terms, vaults.outageAllowance, dark, lived);
        uint256 credit;
        if (beyond != 0) credit = _credit(book, vaults, leaseId, terms, beyond, due.treasury);
        address provider = book.offers[leaseId.offerOf()].state.provider();
        vaults.records.add(
            provider,
            IProviderRecords.Record({
                served: 1,
                noShows: 0,
                liveSeconds: lived - dark,
                darkSeconds: dark,
                slashed: uint96(credit)
            })
        );
    }

    /// @dev Takes the service credit of a lease: its collateral x seconds beyond the allowance / the governed period,
    /// at most a quarter of the collateral, rounded down to millionths of a HOLD. Claims leave that quarter until the
    /// lease is settled.
    function _credit(
        Book storage book,
        LeaseLib.Vaults calldata vaults,
        LeaseId leaseId,
        LeaseTerms terms,
        uint256 beyond,
        address treasury
    ) private returns (uint256 amount) {
        Lease storage lease = book.leases[leaseId];
        LeaseProgress progress = lease.progress;
        LeaseClaims claims = LeaseLib.claimsOf(lease, progress);
        uint256 liable = LeaseLib.liableOf(book, leaseId, lease, terms);
        uint256 credit = LeaseLib.creditOf(liable, beyond, book.terms[terms.termsVersion()].creditPeriod);
        if (credit == 0) return 0;

        // Effect
        lease.claims = claims.plusTaken(credit);
        lease.progress = progress.asClaimed();
        amount = credit * Collateral.UNIT;
        emit ILeases.ServiceCredited(leaseId, amount);

        // Interaction
        address provider = book.offers[leaseId.offerOf()].state.provider();
        vaults.staking.penalise(provider, amount, terms.tenant(), address(0), treasury);
    }
}
