/** Texts of bytes, numbers and times: what is read, and what is refused. */

/** The content of texts.json. */
export function texts(): object {
  return {
    b64u: {
      good: [
        { text: '', hex: '' },
        { text: 'AA', hex: '00' },
        { text: 'AAE', hex: '0001' },
        { text: 'AAEC', hex: '000102' },
        { text: '-_-_', hex: 'fbffbf' },
        { text: '_w', hex: 'ff' },
        { text: 'Zm9vYmFy', hex: '666f6f626172' },
      ],
      bad: [
        'A',
        'AAAAA',
        'AB',
        'AAF',
        'AA==',
        'AAE=',
        '+/8A',
        'AA\n',
        ' AA',
        'A.',
        '\u00e9A',
        'AA\u0000',
      ],
    },
    base32: [
      { hex: '866eefbd6718c884', text: 'qzxo7plhddeii' },
      { hex: '0000000000000000', text: 'aaaaaaaaaaaaa' },
      { hex: 'ffffffffffffffff', text: '7777777777776' },
    ],
    sequence: {
      good: [
        { hex: '00', value: 0 },
        { hex: '01', value: 1 },
        { hex: 'ff', value: 255 },
        { hex: '0100', value: 256 },
        { hex: '011170', value: 70_000 },
        { hex: '1fffffffffffff', value: Number.MAX_SAFE_INTEGER },
      ],
      bad: ['', '0000', '0001', '20000000000000', 'ffffffffffffff', '0100000000000000'],
    },
    duration: {
      good: [
        { text: 'PT1M', seconds: 60 },
        { text: 'PT15M', seconds: 900 },
        { text: 'PT1H', seconds: 3_600 },
        { text: 'PT6H', seconds: 21_600 },
        { text: 'P1D', seconds: 86_400 },
        { text: 'PT2M', seconds: 120 },
        { text: 'P1DT1H1M1S', seconds: 90_061 },
        { text: 'PT0S', seconds: 0 },
      ],
      bad: [
        '',
        'P',
        'PT',
        'P1DT',
        '60',
        'PT1',
        'P1H',
        'PT1D',
        'P1Y',
        'P1M',
        'P1W',
        'PT0.5S',
        '-PT1M',
        'pt1m',
        'PT1M ',
        'PT1S1M',
      ],
    },
    instant: {
      good: [
        { text: '1970-01-01T00:00:00Z', unixSec: 0 },
        { text: '2026-11-21T00:00:00Z', unixSec: 1_795_219_200 },
        { text: '2024-02-29T23:59:59Z', unixSec: 1_709_251_199 },
      ],
      bad: [
        '2026-11-21',
        '2026-11-21T00:00:00',
        '2026-11-21T00:00:00+00:00',
        '2026-02-29T00:00:00Z',
        '2026-13-01T00:00:00Z',
        '2026-11-21T24:00:00Z',
        '2026-11-21T00:00:60Z',
        '2026-11-21t00:00:00z',
        '2026-11-21T00:00:00.000Z',
      ],
    },
  }
}
