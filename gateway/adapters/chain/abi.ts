/**
 * What the gateway calls of the contracts in `contracts/`, so that a start needs no compiler. A test
 * compares this with what the compiler says of them.
 */
type Parameter = { readonly name: string; readonly type: string }

const account = { name: 'account', type: 'address' } as const
const index = { name: 'index', type: 'uint256' } as const
const uint = { name: '', type: 'uint256' } as const
const uint64 = { name: '', type: 'uint64' } as const
const address = { name: '', type: 'address' } as const
const root = { name: 'root', type: 'bytes32' } as const

function view<const N extends string, const I extends readonly Parameter[], const O>(
  name: N,
  inputs: I,
  outputs: O,
) {
  return { type: 'function', name, stateMutability: 'view', inputs, outputs } as const
}

function act<const N extends string, const I extends readonly Parameter[], const O>(
  name: N,
  inputs: I,
  outputs: O,
) {
  return { type: 'function', name, stateMutability: 'nonpayable', inputs, outputs } as const
}

export const distributorAbi = [
  view('token', [], [address]),
  view('publisher', [], [address]),
  view('delay', [], [uint64]),
  view('bond', [], [uint]),
  view('rootCount', [], [uint]),
  view('tip', [], [uint64]),
  view('disputed', [], [uint64]),
  view('clock', [], [uint64]),
  view('totalClaimed', [], [uint]),
  view(
    'roots',
    [uint],
    [
      { name: 'root', type: 'bytes32' },
      { name: 'record', type: 'bytes32' },
      { name: 'total', type: 'uint256' },
      { name: 'epoch', type: 'uint64' },
      { name: 'activeAt', type: 'uint64' },
      { name: 'previous', type: 'uint64' },
      { name: 'rejected', type: 'bool' },
    ],
  ),
  view('indexOf', [root], [uint]),
  view('isActive', [index], [{ name: '', type: 'bool' }]),
  view('claimed', [account], [uint]),
  view('redirects', [account], [address]),
  view('nonces', [{ name: 'owner', type: 'address' }], [uint]),
  act(
    'submit',
    [
      index,
      root,
      { name: 'epoch', type: 'uint64' },
      { name: 'record', type: 'bytes32' },
      { name: 'total', type: 'uint256' },
    ],
    [],
  ),
  act(
    'claim',
    [root, account, { name: 'cumulative', type: 'uint256' }, { name: 'proof', type: 'bytes32[]' }],
    [{ name: 'paid', type: 'uint256' }],
  ),
  act(
    'redirect',
    [
      account,
      { name: 'to', type: 'address' },
      { name: 'deadline', type: 'uint256' },
      { name: 'signature', type: 'bytes' },
    ],
    [],
  ),
] as const

/** Refusals of the contract that have words of their own in refusal.ts, or are shown as they are. */
export const distributorErrors = [
  error('NotPublisher', [{ name: 'sender', type: 'address' }]),
  error('NotNext', [index, { name: 'expected', type: 'uint256' }]),
  error('EmptyRoot', []),
  error('RootStands', [index]),
  error('EpochNotAfter', [
    { name: 'epoch', type: 'uint256' },
    { name: 'before', type: 'uint256' },
  ]),
  error('TotalFell', [
    { name: 'total', type: 'uint256' },
    { name: 'before', type: 'uint256' },
  ]),
  error('Underfunded', [
    { name: 'unclaimed', type: 'uint256' },
    { name: 'balance', type: 'uint256' },
  ]),
  error('TooManyPending', []),
  error('NoSuchRoot', [root]),
  error('NotActive', [index]),
  error('NotInTree', [account, { name: 'cumulative', type: 'uint256' }]),
  error('NothingToClaim', [account, { name: 'claimed', type: 'uint256' }]),
  error('BeyondTotal', [
    { name: 'paid', type: 'uint256' },
    { name: 'total', type: 'uint256' },
  ]),
  error('Expired', [{ name: 'deadline', type: 'uint256' }]),
  error('BadRedirect', []),
  error('BadSignature', []),
  error('DisputeOpen', [index]),
] as const

function error<const N extends string, const I extends readonly Parameter[]>(name: N, inputs: I) {
  return { type: 'error', name, inputs } as const
}

export const tokenAbi = [
  view('balanceOf', [account], [uint]),
  act(
    'transfer',
    [
      { name: 'to', type: 'address' },
      { name: 'value', type: 'uint256' },
    ],
    [{ name: '', type: 'bool' }],
  ),
] as const
