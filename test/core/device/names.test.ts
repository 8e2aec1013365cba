import fc from 'fast-check'
import { cellToParent, getResolution, isValidCell, latLngToCell } from 'h3-js'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../../gateway/core/bytes.js'
import { addressBytes, formatAddress, parseAddress } from '../../../gateway/core/device/address.js'
import { cellResolution, isRegistrableCell } from '../../../gateway/core/device/cell.js'
import { deviceIdOf, isDeviceId, kidOf, thumbprint } from '../../../gateway/core/device/key.js'

describe('keys', () => {
  const key = fromHex('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a')!

  it('names the key of RFC 8032 test 1 as the protocol does', () => {
    expect(toHex(thumbprint(key))).toBe(
      '866eefbd6718c8846cd7ddfe43fc74ab1daac4538ff8514ea2ec2d410a415743',
    )
    expect(toHex(kidOf(key))).toBe('866eefbd6718c884')
    expect(deviceIdOf(key)).toBe('qzxo7plhddeii')
  })

  it('knows a device id', () => {
    expect(isDeviceId('qzxo7plhddeii')).toBe(true)
    // The last digit carries one bit that must be zero: `j` is `i` with it set.
    for (const text of ['', 'qzxo7plhddei', 'qzxo7plhddeij', 'QZXO7PLHDDEII', 'qzxo7plhdde1i'])
      expect(isDeviceId(text), text).toBe(false)
    expect(isDeviceId('qzxo7plhddeii\n')).toBe(false)
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        expect(isDeviceId(deviceIdOf(bytes))).toBe(true)
      }),
    )
  })
})

describe('addresses', () => {
  // The examples of EIP-55.
  const checked = [
    '0x52908400098527886E0F7030069857D2E4169EE7',
    '0xde709f2102306220921060314715629080e2fb77',
    '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
    '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359',
    '0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB',
    '0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb',
  ]

  it.each(checked)('takes %s in one case and with its checksum', (address) => {
    const digits = address.slice(2)
    expect(parseAddress(address)).toBe(address)
    expect(parseAddress(address.toLowerCase())).toBe(address)
    expect(parseAddress(`0x${digits.toUpperCase()}`)).toBe(address)
    expect(formatAddress(addressBytes(address)!)).toBe(address)
  })

  it('refuses a wrong checksum, and what is no address', () => {
    expect(parseAddress('0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD')).toBeUndefined()
    expect(parseAddress('0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed')).toBeUndefined()
    for (const text of ['', '0x', checked[0]!.slice(2), `${checked[0]!}0`, `${checked[0]!}\n`])
      expect(parseAddress(text), text).toBeUndefined()
    expect(parseAddress(`0X${checked[0]!.slice(2)}`)).toBeUndefined()
    expect(addressBytes('0x')).toBeUndefined()
  })
})

describe('cells', () => {
  const place = fc.tuple(
    fc.double({ min: -90, max: 90, noNaN: true }),
    fc.double({ min: -180, max: 180, noNaN: true }),
  )

  it('takes every cell of the H3 library', () => {
    fc.assert(
      fc.property(place, fc.nat(15), ([latitude, longitude], resolution) => {
        const cell = latLngToCell(latitude, longitude, resolution)
        expect(cellResolution(cell)).toBe(getResolution(cell))
        expect(isRegistrableCell(cell)).toBe(resolution <= 7)
        if (resolution > 7) expect(isRegistrableCell(cellToParent(cell, 7))).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  it('agrees with the H3 library on every change of a cell', () => {
    const hex = fc.constantFrom(...'0123456789abcdef')
    fc.assert(
      fc.property(place, fc.nat(15), fc.nat(14), hex, ([lat, lng], resolution, at, digit) => {
        const cell = latLngToCell(lat, lng, resolution)
        const changed = cell.slice(0, at) + digit + cell.slice(at + 1)
        expect(cellResolution(changed) !== undefined, changed).toBe(isValidCell(changed))
      }),
      { numRuns: 2_000 },
    )
  })

  it('knows the pentagons', () => {
    expect(cellResolution('820807fffffffff')).toBe(2)
    expect(isValidCell('820807fffffffff')).toBe(true)
    // The same base cell with the digit that pentagons do not have.
    expect(isValidCell('82080ffffffffff')).toBe(false)
    expect(cellResolution('82080ffffffffff')).toBeUndefined()
  })

  it('refuses what is no index', () => {
    for (const text of ['', '871FB4670FFFFFF', '0871fb4670ffffff', '871fb4670fffff', 'x'])
      expect(cellResolution(text), text).toBeUndefined()
    expect(isRegistrableCell('nowhere')).toBe(false)
  })
})
