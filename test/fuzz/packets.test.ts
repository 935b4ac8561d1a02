/** Captured frames, taken apart: real ones changed, cut and lying, and any bytes, under any link type. */
import { LINK } from '../../src/shared/pcap/link-types'
import { decodeFrame } from '../../src/shared/packets/decode'
import { frameBytes, goldenFrames, misplaced } from '../lib/packets'
import { fuzz } from './lib/fuzz'
import { mutate } from './lib/random'

const LINKS = [...Object.values(LINK), 147]
const frames = goldenFrames.filter((one) => one.hex.length < 1000).map((one) => ({ link: one.linkType, bytes: frameBytes(one) }))

/** The first byte says which link type is claimed, the second how much more there was on the wire. */
fuzz<Uint8Array>({
  name: 'packets', short: 20_000,
  make(r) {
    const one = r.pick(frames)
    const link = r.chance(0.9) ? LINKS.indexOf(one.link as (typeof LINKS)[number]) : r.below(LINKS.length)
    const bytes = r.chance(0.95) ? mutate(r, one.bytes) : Uint8Array.from({ length: r.below(120) }, () => r.below(256))
    return new Uint8Array([link, r.chance(0.5) ? 0 : r.below(256), ...bytes])
  },
  check(input) {
    const bytes = input.subarray(2)
    const frame = decodeFrame(bytes, LINKS[input[0]! % LINKS.length]!, bytes.length + (input[1] ?? 0))
    if (misplaced(frame)) throw new Error(`out of place: ${JSON.stringify(misplaced(frame))}`)
    // what a view shows of it cannot be without end
    if (frame.layers.length > 200) throw new Error(`${frame.layers.length} layers`)
  },
})
