// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IEscrow} from "../interfaces/IEscrow.sol";
import {IMarket} from "../interfaces/IMarket.sol";
import {IQuotes} from "../interfaces/IQuotes.sol";
import {Signatures} from "../libraries/Signatures.sol";
import {LeaseId, OfferId} from "../types/Ids.sol";
import {OfferState} from "../types/OfferState.sol";
import {Candidate, OfferTerms, Order} from "../types/OfferTypes.sol";
import {Resources} from "../types/Resources.sol";

/// @title Quotes
/// @notice The manual is IQuotes.
/// @dev Holds nothing and has no rights in the vaults; the market opens for this contract alone at a price that is not
/// the offer's. While a lease is opened only the market is called, and an ERC-1271 provider without leave to change
/// anything, so nobody comes back in; a funding, which moves tokens, is over before.
contract Quotes is IQuotes, EIP712 {
    bytes32 private constant _TERMS_TYPEHASH = keccak256(
        "OfferTerms(uint256 resources,uint24 minDuration,uint32 maxDuration,address token,address slasher,bytes32 contentHash)"
    );
    bytes32 private constant _QUOTE_TYPEHASH = keccak256(
        "Quote(address provider,uint64 offer,OfferTerms terms,uint128 pricePerSecondX32,uint24 units,uint40 expiry,address tenant,uint256 salt,uint256 epoch)"
        "OfferTerms(uint256 resources,uint24 minDuration,uint32 maxDuration,address token,address slasher,bytes32 contentHash)"
    );
    /// @dev Of terms that are all zero.
    bytes32 private constant _NO_TERMS = keccak256(abi.encode(_TERMS_TYPEHASH, 0, 0, 0, 0, 0, 0));

    IMarket private immutable _MARKET;

    mapping(address provider => uint256 epoch) private _epochs;
    mapping(address provider => mapping(bytes32 digest => QuoteState state)) private _states;

    /// @notice Opens leases on one market, which knows this contract by its address.
    /// @param market the market.
    constructor(address market) EIP712("Leasehold Quotes", "1") {
        _MARKET = IMarket(market);
    }

    // -------------------------------------------------------------------------------------------------- tenants

    /// @inheritdoc IQuotes
    function open(
        Quote calldata quote,
        bytes calldata signature,
        uint24 units,
        uint32 duration,
        uint120 maxLock
    ) external returns (LeaseId leaseId) {
        return _open(quote, signature, units, duration, maxLock);
    }

    /// @inheritdoc IQuotes
    function openFunded(
        Quote calldata quote,
        bytes calldata signature,
        uint24 units,
        uint32 duration,
        uint120 maxLock,
        IEscrow.Funding calldata funding,
        bytes calldata fundingSignature,
        IEscrow.Permit calldata permit
    ) external returns (LeaseId leaseId) {
        if (funding.account != msg.sender) revert QuotesNotFundingAccount(funding.account, msg.sender);
        _MARKET.ESCROW().fundBySignature(funding, fundingSignature, permit);
        return _open(quote, signature, units, duration, maxLock);
    }

    // ------------------------------------------------------------------------------------------------ providers

    /// @inheritdoc IQuotes
    function cancel(bytes32 digest) external {
        _states[msg.sender][digest].cancelled = true;
        emit QuoteCancelled(msg.sender, digest);
    }

    /// @inheritdoc IQuotes
    function cancelAll() external {
        emit AllQuotesCancelled(msg.sender, ++_epochs[msg.sender]);
    }

    // ---------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IQuotes
    function quoteStateOf(address provider, bytes32 digest) external view returns (QuoteState memory) {
        return _states[provider][digest];
    }

    /// @inheritdoc IQuotes
    function epochOf(address provider) external view returns (uint256) {
        return _epochs[provider];
    }

    /// @inheritdoc IQuotes
    function MARKET() external view returns (IMarket) {
        return _MARKET;
    }

    /// @inheritdoc IQuotes
    function quoteDigest(Quote calldata quote) public view returns (bytes32) {
        return
            _hashTypedDataV4(
                keccak256(
                    abi.encode(
                        _QUOTE_TYPEHASH,
                        quote.provider,
                        quote.offer,
                        _hashOf(quote.terms),
                        quote.pricePerSecondX32,
                        quote.units,
                        quote.expiry,
                        quote.tenant,
                        quote.salt,
                        quote.epoch
                    )
                )
            );
    }

    // ------------------------------------------------------------------------------------------------- internal

    function _open(
        Quote calldata quote,
        bytes calldata signature,
        uint24 units,
        uint32 duration,
        uint120 maxLock
    ) private returns (LeaseId leaseId) {
        // Check
        bytes32 digest = quoteDigest(quote);
        QuoteState memory state = _states[quote.provider][digest];
        _check(quote, digest, state, units);
        if (!Signatures.isValidNow(quote.provider, digest, signature)) {
            revert QuotesInvalidSignature(quote.provider, digest);
        }

        // Effect: with the first lease the quote gets its offer, by the market; the sum is at most the quote's units.
        if (state.opened == 0) (state.offer, state.token) = _offerFor(quote);
        state.opened += units;
        _states[quote.provider][digest] = state;

        // Interaction
        leaseId = _MARKET.openQuoted(msg.sender, _order(quote, state, units, duration, maxLock));
        emit QuoteOpened(quote.provider, digest, leaseId, units, state.opened);
    }

    /// @dev The offer that a quote is about, created where the quote brings its terms, and its payment token.
    function _offerFor(Quote calldata quote) private returns (OfferId offerId, address token) {
        offerId = quote.offer;
        if (OfferId.unwrap(offerId) == 0) {
            offerId = _MARKET.createQuotedOffer(quote.provider, quote.terms, quote.pricePerSecondX32, quote.units);
            return (offerId, quote.terms.token);
        }
        OfferState state = _MARKET.offerById(offerId).state;
        if (state.provider() != quote.provider) {
            revert QuotesNotProvider(offerId, state.provider(), quote.provider);
        }
        if (_hashOf(quote.terms) != _NO_TERMS) revert QuotesTermsOnOffer(offerId);
        token = _MARKET.tokenByNumber(state.tokenNumber());
    }

    /// @dev Whether the quote lets the caller open so many units, apart from its signature.
    function _check(Quote calldata quote, bytes32 digest, QuoteState memory state, uint24 units) private view {
        if (block.timestamp >= quote.expiry) revert QuotesExpired(quote.expiry, block.timestamp);
        if (quote.tenant != address(0) && quote.tenant != msg.sender) revert QuotesNotTenant(quote.tenant, msg.sender);
        uint256 epoch = _epochs[quote.provider];
        if (quote.epoch != epoch) revert QuotesOtherEpoch(quote.provider, epoch, quote.epoch);
        if (state.cancelled) revert QuotesCancelled(quote.provider, digest);
        uint256 left = quote.units - state.opened;
        if (units > left) revert QuotesUnitsShort(digest, left, units);
    }

    /// @dev The tenant reads what it takes in the quote, so the order requires nothing more than its price.
    function _order(
        Quote calldata quote,
        QuoteState memory state,
        uint24 units,
        uint32 duration,
        uint120 maxLock
    ) private pure returns (Order memory) {
        Candidate[] memory candidates = new Candidate[](1);
        candidates[0] = Candidate(state.offer, quote.provider, quote.pricePerSecondX32);
        return
            Order({
                token: state.token,
                units: units,
                duration: duration,
                maxLock: maxLock,
                requirement: Resources.wrap(0),
                candidates: candidates,
                replicas: 1,
                distinctRegions: false
            });
    }

    /// @dev EIP-712 hash of terms. All fields have a fixed size, so they are encoded one after the other.
    function _hashOf(OfferTerms calldata terms) private pure returns (bytes32) {
        return keccak256(abi.encode(_TERMS_TYPEHASH, terms));
    }
}
