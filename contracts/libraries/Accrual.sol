// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {LeaseLib} from "./LeaseLib.sol";
import {Money} from "./Money.sol";
import {LeaseClaims} from "../types/LeaseClaims.sol";
import {GROWN_AGO_MASK, HistoryFields, LeaseHistory} from "../types/LeaseHistory.sol";
import {LeaseProgress} from "../types/LeaseProgress.sol";
import {LeaseTerms} from "../types/LeaseTerms.sol";

/// @title Accrual
/// @notice What happens to the accumulator of a lease when a resize or a renewal changes its rate or its terms:
/// everything earned is paid, and a new anchor begins. What is less than a base unit carries over, both of the earnings
/// and of the fee. So a lease bills the sum of its rates times live seconds, rounded down once (INV-LSE-1, INV-LSE-3).
library Accrual {
    /// @notice What is paid when the accumulator starts again, and what is left in the lease.
    struct Payment {
        uint256 amount; // to the provider, base units
        uint256 fee; // to the treasury, base units
        uint256 left; // locked for the time until the present end, base units, bounty aside
        uint256 fraction; // that carries over, see `LeaseHistory`
        uint256 feeRemainder; // that carries over, see `LeaseHistory`
    }

    /// @notice A fault that is claimed began at most this long ago, seconds.
    uint256 internal constant MAX_FAULT_AGE = 7 days;

    /// @notice What an active lease has earned until now and was not paid. Its provider has been dark for `dark`
    /// seconds by now.
    /// @param claims of the lease: what they set aside of the fee left it already.
    function paymentOf(
        LeaseTerms terms,
        LeaseProgress progress,
        LeaseHistory history,
        LeaseClaims claims,
        uint32 dark
    ) internal view returns (Payment memory payment) {
        uint32 live = LeaseLib.liveSeconds(progress, history, uint40(block.timestamp), dark);
        // Nothing overflows: rate x seconds has 160 bits and the fraction 32; earnings have at most 160 bits and basis
        // points 16.
        unchecked {
            uint256 product = uint256(progress.rate()) * live + history.fraction();
            uint256 earned = product >> Money.FRACTION_BITS;
            payment.fraction = product & ((1 << Money.FRACTION_BITS) - 1);
            uint256 feeProduct = earned * progress.feeBps() + history.feeRemainder();
            payment.feeRemainder = feeProduct % Money.BPS;
            payment.fee = feeProduct / Money.BPS;
            payment.left = LeaseLib.unearnedOf(terms, progress, history, live);
            payment.amount = earned - payment.fee;
        }
        payment.amount -= LeaseLib.paidOf(progress, history);
        payment.fee -= claims.aside();
    }

    /// @notice What a lease locks more, or gets back, when it goes on at `rate` for `remaining` seconds.
    function difference(
        Payment memory payment,
        uint128 rate,
        uint256 remaining
    ) internal pure returns (uint256 locked, uint256 refund) {
        uint256 cost = Money.costUp(rate, uint32(remaining), payment.fraction); // part of the duration
        if (cost > payment.left) locked = cost - payment.left;
        else refund = payment.left - cost;
    }

    /// @notice The history of a lease whose new anchor is now; the collateral is the caller's to fill in, and `grow` to
    /// be called where it grows.
    /// @param history of the lease until now.
    /// @param changed whether that means anything.
    /// @param dark seconds of the provider until now.
    function fieldsOf(
        Payment memory payment,
        LeaseProgress progress,
        LeaseHistory history,
        bool changed,
        uint32 dark
    ) internal view returns (HistoryFields memory fields) {
        fields.fraction = payment.fraction;
        fields.feeRemainder = payment.feeRemainder;
        fields.anchorOffset = block.timestamp - progress.since(); // before the end, so within the duration
        fields.darkBefore = dark - progress.mark();
        fields.grownFrom = history.grownFrom();
        fields.lagging = history.lagging();
        uint256 ago = changed ? history.grownAgo() : GROWN_AGO_MASK;
        if (ago != GROWN_AGO_MASK) ago += fields.anchorOffset - history.anchorOffset();
        fields.grownAgo = ago < GROWN_AGO_MASK ? ago : GROWN_AGO_MASK;
    }

    /// @notice Notes that the collateral grows now, from `before` millionths of a HOLD. Where it grew within the seven
    /// days before as well, the least of both figures counts: a fault that can still be claimed may have begun before
    /// either growth.
    function grow(HistoryFields memory fields, uint256 before) internal pure {
        if (fields.grownAgo >= MAX_FAULT_AGE || before < fields.grownFrom) fields.grownFrom = before;
        fields.grownAgo = 0;
    }

    /// @notice The second in which the collateral of a lease grew last; zero: it never did, or too long ago to matter.
    function grownAt(LeaseProgress progress, LeaseHistory history) internal pure returns (uint256) {
        uint256 ago = history.grownAgo();
        // The growth is not before the start.
        return ago == GROWN_AGO_MASK ? 0 : progress.since() + history.anchorOffset() - ago;
    }
}
