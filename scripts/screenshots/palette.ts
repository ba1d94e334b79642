/**
 * A picture of a page has few colours: with a palette of 64 of them its PNG has a third of the bytes that Chromium
 * writes, and nobody sees a difference.
 */
import { crc32, deflateSync, inflateSync } from 'node:zlib'

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')
const MOST = 64
/** How far the colours of a palette are apart, at first and when there is still room. */
const DISTANCES = [24, 12, 6, 3, 1]
/** So many of the most common ones are in it however near they are: grounds, lines, text. */
const ALWAYS = 24

interface Chunk {
  readonly type: string
  readonly data: Buffer
}

/** The pixels from left to right and top to bottom, each as 0xRRGGBBAA. */
interface Pixels {
  readonly width: number
  readonly height: number
  readonly colours: Uint32Array
}

/**
 * The same picture with at most 64 colours.
 * @param png with 8 bits of red, green, blue and perhaps opacity, as Chromium writes it
 * @throws Error when it is another kind of PNG
 */
export function withPalette(png: Buffer): Buffer {
  const { width, height, colours } = decode(png)
  const counts = new Map<number, number>()
  for (const colour of colours) counts.set(colour, (counts.get(colour) ?? 0) + 1)
  const palette = choose(counts)
  const places = new Map(
    [...counts.keys()].map(colour => [colour, nearest(palette, colour).at] satisfies [number, number]),
  )
  const rows = Buffer.alloc(height * (width + 1))
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      rows[y * (width + 1) + 1 + x] = places.get(colours[y * width + x] ?? 0) ?? 0
    }
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 3], 8)
  return encode([
    { type: 'IHDR', data: header },
    { type: 'PLTE', data: Buffer.from(palette.flatMap(colour => channels(colour).slice(0, 3))) },
    { type: 'tRNS', data: Buffer.from(palette.map(colour => colour & 0xff)) },
    { type: 'IDAT', data: deflateSync(rows, { level: 9, memLevel: 9 }) },
    { type: 'IEND', data: Buffer.alloc(0) },
  ])
}

/** The most common ones, but rare ones before the shades of what is there already: a red word stays red. */
function choose(counts: ReadonlyMap<number, number>): number[] {
  const common = [...counts].sort(([, a], [, b]) => b - a).map(([colour]) => colour)
  const palette = common.slice(0, ALWAYS)
  for (const distance of DISTANCES) {
    for (const colour of common) {
      if (palette.length === MOST) return palette
      if (nearest(palette, colour).distance >= distance) palette.push(colour)
    }
  }
  return palette
}

function nearest(palette: readonly number[], colour: number): { at: number; distance: number } {
  let at = 0
  let least = Infinity
  for (let i = 0; i < palette.length && least > 0; i++) {
    const other = palette[i] ?? 0
    const distance = Math.hypot(
      (other >>> 24) - (colour >>> 24),
      ((other >>> 16) & 0xff) - ((colour >>> 16) & 0xff),
      ((other >>> 8) & 0xff) - ((colour >>> 8) & 0xff),
      (other & 0xff) - (colour & 0xff),
    )
    if (distance < least) {
      least = distance
      at = i
    }
  }
  return { at, distance: least }
}

const channels = (colour: number): number[] => [24, 16, 8, 0].map(shift => (colour >>> shift) & 0xff)

function encode(chunks: readonly Chunk[]): Buffer {
  const parts = chunks.map(({ type, data }) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
    const ends = Buffer.alloc(8)
    ends.writeUInt32BE(data.length, 0)
    ends.writeUInt32BE(crc32(body), 4)
    return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)])
  })
  return Buffer.concat([SIGNATURE, ...parts])
}

function decode(png: Buffer): Pixels {
  const chunks: Chunk[] = []
  for (let at = SIGNATURE.length; at < png.length; ) {
    const length = png.readUInt32BE(at)
    chunks.push({
      type: png.toString('latin1', at + 4, at + 8),
      data: png.subarray(at + 8, at + 8 + length),
    })
    at += 12 + length
  }
  const header = chunks.find(({ type }) => type === 'IHDR')?.data ?? Buffer.alloc(13)
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)]
  const [depth, kind, , , interlaced] = header.subarray(8)
  if (depth !== 8 || (kind !== 2 && kind !== 6) || interlaced !== 0) {
    throw new Error(`a PNG of another kind: depth ${depth}, colours ${kind}, interlaced ${interlaced}`)
  }
  const each = kind === 2 ? 3 : 4
  const data = inflateSync(Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map(c => c.data)))
  const bytes = unfiltered(data, width * each, height, each)
  const colours = new Uint32Array(width * height)
  for (let i = 0; i < colours.length; i++) {
    const at = i * each
    const opacity = each === 4 ? (bytes[at + 3] ?? 0) : 255
    // What cannot be seen has one colour alone.
    colours[i] = opacity === 0 ? 0 : (bytes.readUIntBE(at, 3) * 256 + opacity) >>> 0
  }
  return { width, height, colours }
}

/** The rows without the filters that PNG (§ 9) has before each. */
function unfiltered(data: Buffer, length: number, height: number, each: number): Buffer {
  const rows = Buffer.alloc(length * height)
  for (let y = 0; y < height; y++) {
    const filter = data[y * (length + 1)] ?? 0
    for (let x = 0; x < length; x++) {
      const at = y * length + x
      const left = x >= each ? (rows[at - each] ?? 0) : 0
      const above = y > 0 ? (rows[at - length] ?? 0) : 0
      const corner = x >= each && y > 0 ? (rows[at - length - each] ?? 0) : 0
      const guess = [0, left, above, (left + above) >> 1, paeth(left, above, corner)][filter] ?? 0
      rows[at] = (data[y * (length + 1) + 1 + x] ?? 0) + guess
    }
  }
  return rows
}

function paeth(left: number, above: number, corner: number): number {
  const guess = left + above - corner
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - above), Math.abs(guess - corner)]
  return a <= b && a <= c ? left : b <= c ? above : corner
}
