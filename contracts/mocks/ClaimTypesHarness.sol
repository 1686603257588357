// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ClaimRecord, toClaimRecord} from "../types/ClaimRecord.sol";
import {Postings} from "../types/DisputeTypes.sol";

/// @title ClaimTypesHarness
/// @notice Opens the packed types of claims and disputes to their unit tests.
contract ClaimTypesHarness {
    /// @notice The fields of a ClaimRecord.
    struct RecordFields {
        uint256 held;
        uint256 collateral;
        uint40 filedAt;
        uint40 faultStart;
        uint16 feeBps;
        uint8 transfers;
    }

    /// @notice The fields of Postings.
    struct PostingsFields {
        bool answered;
        bool amongMembers;
        bool answerReserved;
        bool providerAppealed;
        bool appealReserved;
    }

    function claimRecord(RecordFields calldata fields) external pure returns (ClaimRecord) {
        return
            toClaimRecord(
                fields.held,
                fields.collateral,
                fields.filedAt,
                fields.faultStart,
                fields.feeBps,
                fields.transfers
            );
    }

    function recordFields(ClaimRecord record) external pure returns (RecordFields memory) {
        return
            RecordFields({
                held: record.held(),
                collateral: record.collateral(),
                filedAt: record.filedAt(),
                faultStart: record.faultStart(),
                feeBps: record.feeBps(),
                transfers: record.transfers()
            });
    }

    function isOpen(ClaimRecord record) external pure returns (bool) {
        return record.isOpen();
    }

    function postingsFields(Postings postings) external pure returns (PostingsFields memory) {
        return
            PostingsFields({
                answered: postings.answered(),
                amongMembers: postings.amongMembers(),
                answerReserved: postings.answerReserved(),
                providerAppealed: postings.providerAppealed(),
                appealReserved: postings.appealReserved()
            });
    }

    function withAnswer(Postings postings, bool amongMembers, bool reserved) external pure returns (Postings) {
        return postings.withAnswer(amongMembers, reserved);
    }

    function withAppeal(Postings postings, bool byProvider, bool reserved) external pure returns (Postings) {
        return postings.withAppeal(byProvider, reserved);
    }
}
