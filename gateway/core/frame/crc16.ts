/** CRC-16/CCITT-FALSE (PROTOCOL 4): polynomial 1021, start FFFF, no reflection, no final xor. */

const table = new Uint16Array(256)
for (let byte = 0; byte < 256; byte++) {
  let crc = byte << 8
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1
  table[byte] = crc
}

/** Check value of bytes, or of the ASCII codes of a text; `123456789` gives 0x29B1. */
export function crc16(data: Uint8Array | string): number {
  let crc = 0xffff
  for (let i = 0; i < data.length; i++) {
    const byte = typeof data === 'string' ? data.charCodeAt(i) & 0xff : data[i]!
    crc = ((crc << 8) & 0xffff) ^ table[(crc >> 8) ^ byte]!
  }
  return crc
}

/** Four upper-case hex digits, as they stand in a line. */
export function crc16Text(data: Uint8Array | string): string {
  return crc16(data).toString(16).toUpperCase().padStart(4, '0')
}
