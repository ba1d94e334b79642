/** Bytes as people read and write them. */
import { inUnits } from '../../size-text.ts'

/** A size such as `12 B` or `1.4 kB`. */
export function sizeText(bytes: number): string {
  const [amount, unit] = inUnits(bytes)
  return `${unit === 'B' ? amount : amount.toFixed(1)} ${unit}`
}

/** The bytes of a text in UTF-8. */
export function utf8Bytes(text: string): number {
  return new Blob([text]).size
}

/**
 * Reads bytes in hex, such as `de ad BE:EF` or `0xdeadbeef`.
 * @throws RangeError that says what is wrong
 */
export function readHex(text: string): Uint8Array<ArrayBuffer> {
  const digits = text.replaceAll(/0x|[\s,:]/gi, '')
  const strange = /[^0-9a-f]/i.exec(digits)
  if (strange !== null) throw new RangeError(`Hex takes 0 to 9 and a to f, got “${strange[0]}”.`)
  if (digits.length % 2 === 1) throw new RangeError('Hex takes two digits for each byte; one is missing.')
  return Uint8Array.from(digits.match(/../g) ?? [], pair => Number.parseInt(pair, 16))
}

/** Bytes in hex, eight a line, with what of them is printable ASCII. */
export function hexDump(bytes: Uint8Array): string {
  const lines: string[] = []
  for (let at = 0; at < bytes.length; at += 8) {
    const line = [...bytes.subarray(at, at + 8)]
    const hex = line.map(byte => byte.toString(16).padStart(2, '0')).join(' ')
    const ascii = line.map(byte => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '·')).join('')
    lines.push(`${hex.padEnd(23)}  ${ascii}`)
  }
  return lines.join('\n')
}
