// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";

/**
 * @title Pays what a gateway's epochs say that accounts have earned, in one token.
 * @notice The publisher appends the root of each epoch's tree. After a delay, in which anybody may
 * dispute it, accounts claim against it. Amounts are cumulative, so a claim pays the difference to
 * what was paid before, and nobody has to claim every epoch.
 *
 * The owner is the arbiter: it decides disputes and names the publisher. Nobody can take tokens out
 * but by a claim, and no root is active without the delay, in which everybody sees it.
 *
 * The contract's clock is the block's time less all the time in which a dispute was open: while one
 * is open no root becomes active, and after it every root has as much time left as it had before.
 *
 * Every function changes its state before it calls another contract, so none needs a guard against
 * re-entrance. The token must be plain: no fee on transfer, no rebasing.
 */
contract RewardsDistributor is Ownable2Step, EIP712, Nonces {
    using SafeERC20 for IERC20;

    struct Root {
        /// @dev OpenZeppelin StandardMerkleTree over (account, token, cumulative).
        bytes32 root;
        /// @dev Leaf hash of the epoch record in the gateway's log.
        bytes32 record;
        /// @dev Base units of this token in the whole tree.
        uint256 total;
        /// @dev Number of the gateway's epoch.
        uint64 epoch;
        /// @dev Active once the contract's clock is there.
        uint64 activeAt;
        /// @dev Standing root before this one, its index + 1; 0 where there is none.
        uint64 previous;
        /// @dev Refused by the arbiter, for ever.
        bool rejected;
    }

    /// @dev At most so many roots wait for their activation, which bounds what a rejection costs.
    uint256 public constant PENDING_MAX = 1024;

    bytes32 private constant REDIRECT_TYPEHASH =
        keccak256("Redirect(address account,address to,uint256 nonce,uint256 deadline)");

    IERC20 public immutable token;
    /// @notice Seconds on the contract's clock between a root's submission and its activation.
    uint64 public immutable delay;
    /// @notice Wei that whoever opens a dispute deposits.
    uint256 public immutable bond;

    /// @notice The one account that may submit roots.
    address public publisher;

    /// @notice Every root ever submitted. None is removed or replaced.
    Root[] public roots;
    /// @notice Index + 1 of a submitted root; 0 where it never was. Of one submitted again, the later.
    mapping(bytes32 root => uint256) public indexOf;

    /// @notice Base units paid to an account so far, and to all.
    mapping(address account => uint256) public claimed;
    uint256 public totalClaimed;
    /// @dev Largest total of a root that was claimed under. All claims together stay within it.
    uint256 private _ceiling;
    /// @notice Where an account wants its claims paid; zero: to itself.
    mapping(address account => address) public redirects;

    /// @notice Index + 1 of the newest root that was not rejected; 0 where there is none.
    uint64 public tip;
    /// @notice The open dispute: index + 1 of its root (0: none is open), when and by whom.
    uint64 public disputed;
    uint64 public disputedAt;
    /// @dev Seconds in which disputes were open, those that are closed.
    uint64 private _stoodStill;
    address public disputer;
    /// @notice Wei that an account may withdraw: bonds.
    mapping(address account => uint256) public owed;

    event RootSubmitted(
        uint256 indexed index,
        uint256 indexed epoch,
        bytes32 root,
        bytes32 record,
        uint256 total
    );
    event Claimed(address indexed account, address indexed to, uint256 amount, uint256 cumulative);
    event Redirected(address indexed account, address indexed to);
    event Disputed(uint256 indexed index, address indexed by);
    event DisputeDismissed(uint256 indexed index);
    event RootsRejected(uint256 indexed first, uint256 indexed last);
    event PublisherChanged(address indexed publisher);

    error NotPublisher(address sender);
    error NotNext(uint256 index, uint256 expected);
    error EmptyRoot();
    error RootStands(uint256 index);
    error EpochNotAfter(uint256 epoch, uint256 before);
    error TotalFell(uint256 total, uint256 before);
    error Underfunded(uint256 unclaimed, uint256 balance);
    error TooManyPending();
    error NoSuchRoot(bytes32 root);
    error NotActive(uint256 index);
    error NotInTree(address account, uint256 cumulative);
    error NothingToClaim(address account, uint256 claimed);
    error BeyondTotal(uint256 paid, uint256 total);
    error Expired(uint256 deadline);
    error BadRedirect();
    error BadSignature();
    error WrongBond(uint256 sent, uint256 expected);
    error NotPending(uint256 index);
    error DisputeOpen(uint256 index);
    error NoDispute();
    error ArbiterNeeded();

    /**
     * @param token_ What is paid.
     * @param arbiter The owner; see above.
     * @param publisher_ Who may submit roots: the gateway's account.
     * @param delay_ Seconds in which a root can be disputed before it is active.
     * @param bond_ Wei to deposit with a dispute.
     */
    constructor(IERC20 token_, address arbiter, address publisher_, uint64 delay_, uint256 bond_)
        Ownable(arbiter)
        EIP712("FieldProof", "1")
    {
        token = token_;
        delay = delay_;
        bond = bond_;
        _setPublisher(publisher_);
    }

    // Roots

    /**
     * @notice Appends a root. It is active after the delay.
     * @param index Must be the number of roots so far: a repeated transaction changes nothing.
     * @param root Must not stand already: an epoch that changes nothing is left out.
     * @param epoch Must be above that of the newest standing root.
     * @param record Leaf hash of that epoch's record.
     * @param total Base units of this token in the tree: never below those of the root before, and
     * the contract must already hold all of it that is not yet claimed.
     */
    function submit(uint256 index, bytes32 root, uint64 epoch, bytes32 record, uint256 total) external {
        if (msg.sender != publisher) revert NotPublisher(msg.sender);
        if (disputed != 0) revert DisputeOpen(disputed - 1);
        if (index != roots.length) revert NotNext(index, roots.length);
        if (root == 0) revert EmptyRoot();
        uint256 same = indexOf[root];
        if (same != 0 && !roots[same - 1].rejected) revert RootStands(same - 1);
        _requireGrowth(epoch, total);
        if (index >= PENDING_MAX && _isPending(roots[index - PENDING_MAX])) revert TooManyPending();
        uint256 balance = token.balanceOf(address(this));
        if (total > balance + totalClaimed) revert Underfunded(total - totalClaimed, balance);

        roots.push(Root(root, record, total, epoch, clock() + delay, tip, false));
        tip = uint64(roots.length);
        indexOf[root] = roots.length;
        emit RootSubmitted(index, epoch, root, record, total);
    }

    function _requireGrowth(uint64 epoch, uint256 total) private view {
        uint64 epochBefore = tip == 0 ? 0 : roots[tip - 1].epoch;
        uint256 totalBefore = tip == 0 ? 0 : roots[tip - 1].total;
        if (epoch <= epochBefore) revert EpochNotAfter(epoch, epochBefore);
        if (total < totalBefore) revert TotalFell(total, totalBefore);
    }

    /// @notice How many roots were ever submitted.
    function rootCount() external view returns (uint256) {
        return roots.length;
    }

    /// @notice Whether one can claim against the root at an index.
    function isActive(uint256 index) public view returns (bool) {
        return index < roots.length && !roots[index].rejected && roots[index].activeAt <= clock();
    }

    /// @notice The contract's clock, in seconds; see above.
    function clock() public view returns (uint64) {
        return (disputed == 0 ? uint64(block.timestamp) : disputedAt) - _stoodStill;
    }

    function _isPending(Root storage one) private view returns (bool) {
        return !one.rejected && one.activeAt > clock();
    }

    // Claims

    /**
     * @notice Pays an account what it has earned under an active root and was not paid yet. Anybody
     * may send this; the account gets it, or the address that it chose by `redirect`.
     * @param root Any active root: naming it keeps a claim good when the next one becomes active.
     * @param cumulative Base units, as in the leaf.
     * @param proof Siblings from the leaf up.
     * @return paid Base units; never 0: where nothing is left to pay this reverts.
     */
    function claim(bytes32 root, address account, uint256 cumulative, bytes32[] calldata proof)
        external
        returns (uint256 paid)
    {
        uint256 index = indexOf[root];
        if (index == 0) revert NoSuchRoot(root);
        if (!isActive(index - 1)) revert NotActive(index - 1);
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(account, token, cumulative))));
        if (!MerkleProof.verifyCalldata(proof, root, leaf)) revert NotInTree(account, cumulative);
        uint256 before = claimed[account];
        if (cumulative <= before) revert NothingToClaim(account, before);

        paid = cumulative - before;
        claimed[account] = cumulative;
        totalClaimed += paid;
        // A tree that pays out more than was said of it would take what belongs to later roots.
        uint256 total = roots[index - 1].total;
        if (total > _ceiling) _ceiling = total;
        if (totalClaimed > _ceiling) revert BeyondTotal(totalClaimed, _ceiling);
        address to = redirects[account];
        if (to == address(0)) to = account;
        emit Claimed(account, to, paid, cumulative);
        token.safeTransfer(to, paid);
    }

    /**
     * @notice Sets where an account's claims are paid, on its own signature. Anybody may send this.
     * @param to Zero: to the account itself again.
     * @param deadline Unix seconds; the signature is good up to and including it.
     * @param signature EIP-712 over Redirect with the account's next nonce, by its key or, for a
     * contract, by ERC-1271.
     */
    function redirect(address account, address to, uint256 deadline, bytes calldata signature) external {
        if (block.timestamp > deadline) revert Expired(deadline);
        if (to == address(this)) revert BadRedirect();
        bytes32 digest = _hashTypedDataV4(
            keccak256(abi.encode(REDIRECT_TYPEHASH, account, to, _useNonce(account), deadline))
        );
        if (!SignatureChecker.isValidSignatureNow(account, digest, signature)) revert BadSignature();
        redirects[account] = to;
        emit Redirected(account, to);
    }

    // Disputes

    /**
     * @notice Says that a root is wrong. Anybody may, until it is active, by depositing the bond.
     * One dispute is open at a time. Until the arbiter has decided it nothing becomes active and
     * nothing is submitted, so no root loses time in which it can be disputed.
     */
    function dispute(uint256 index) external payable {
        if (disputed != 0) revert DisputeOpen(disputed - 1);
        if (index >= roots.length || !_isPending(roots[index])) revert NotPending(index);
        if (msg.value != bond) revert WrongBond(msg.value, bond);
        disputed = uint64(index) + 1;
        disputedAt = uint64(block.timestamp);
        disputer = msg.sender;
        emit Disputed(index, msg.sender);
    }

    /// @notice The arbiter finds the root right: time goes on, the bond is the publisher's.
    function dismiss() external onlyOwner {
        uint256 index = _closeDispute(publisher);
        emit DisputeDismissed(index);
    }

    /**
     * @notice The arbiter finds the root wrong. It and all roots after it, which build upon it, are
     * rejected for ever; the one before it is the newest again; the bond goes back.
     */
    function reject() external onlyOwner {
        uint256 index = _closeDispute(disputer);
        tip = roots[index].previous;
        uint256 end = roots.length;
        // All of these are pending, and those are at most PENDING_MAX.
        for (uint256 i = index; i < end; ++i) roots[i].rejected = true;
        emit RootsRejected(index, end - 1);
    }

    function _closeDispute(address winner) private returns (uint256 index) {
        if (disputed == 0) revert NoDispute();
        index = disputed - 1;
        _stoodStill += uint64(block.timestamp) - disputedAt;
        disputed = 0;
        owed[winner] += bond;
    }

    /// @notice Takes one's bonds out. Not sent on their own, or a winner that takes no coins could
    /// keep its dispute open.
    function withdraw() external {
        uint256 amount = owed[msg.sender];
        owed[msg.sender] = 0;
        Address.sendValue(payable(msg.sender), amount);
    }

    // Roles

    /// @notice Names another publisher; for a lost or stolen key.
    function setPublisher(address publisher_) external onlyOwner {
        _setPublisher(publisher_);
    }

    function _setPublisher(address publisher_) private {
        publisher = publisher_;
        emit PublisherChanged(publisher_);
    }

    /// @dev Without an arbiter one dispute would stop everything for ever.
    function renounceOwnership() public pure override {
        revert ArbiterNeeded();
    }
}
