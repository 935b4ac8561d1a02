/** What a section of a pcapng file says of its interfaces: what follows in packets, and in what unit their times are. */
import { MAX_SECONDS } from './format'
import { MAX_NAME, MAX_OPTIONS } from './limits'

export interface CaptureInterface {
  link: number
  /** 0: not limited */
  snaplen: number
  name: string | undefined
  /** units per second, and seconds to add */
  units: bigint
  offset: number
  /** units per second where plain numbers are exact: 1 to 1,000,000 and a divisor of 10^9 */
  fast: number
}

export interface Section {
  little: boolean
  interfaces: CaptureInterface[]
}

const OPTION = { end: 0, name: 2, resolution: 9, offset: 14 } as const
const DEFAULT_UNITS = 1_000_000

/** An Interface Description Block's body; undefined where it is damaged. */
export function readInterface(view: DataView, little: boolean): CaptureInterface | undefined {
  if (view.byteLength < 8) return undefined
  const found: CaptureInterface = {
    link: view.getUint16(0, little), snaplen: view.getUint32(4, little), name: undefined, units: BigInt(DEFAULT_UNITS), offset: 0, fast: DEFAULT_UNITS,
  }
  if (view.byteLength - 8 > MAX_OPTIONS) return undefined
  for (let at = 8; at + 4 <= view.byteLength;) {
    const code = view.getUint16(at, little)
    const length = view.getUint16(at + 2, little)
    at += 4
    if (code === OPTION.end) break
    if (at + length > view.byteLength) return undefined
    switch (code) {
      case OPTION.name:
        found.name = new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + at, Math.min(length, MAX_NAME))).replace(/\0+$/, '')
        break
      case OPTION.resolution: {
        if (length !== 1) return undefined
        const value = view.getUint8(at)
        const power = value & 0x7f
        found.units = value & 0x80 ? 2n ** BigInt(power) : 10n ** BigInt(power)
        found.fast = !(value & 0x80) && power <= 6 ? 10 ** power : 0
        break
      }
      case OPTION.offset: {
        if (length !== 8) return undefined
        const seconds = Number(view.getBigInt64(at, little))
        found.offset = Math.abs(seconds) > MAX_SECONDS ? 0 : seconds
        break
      }
      default:
    }
    at += (length + 3) & ~3
  }
  return found
}

/** A 64-bit count of an interface's units as seconds and nanoseconds (cut, not rounded); `sec` undefined: out of any range. */
export function timeOf(high: number, low: number, { units, offset, fast }: CaptureInterface): { sec: number | undefined; ns: number } {
  let sec: number
  let ns: number
  // plain numbers are exact up to 2^53: microseconds until the year 2255
  if (fast > 0 && high < 2 ** 21) {
    const value = high * 2 ** 32 + low
    sec = Math.floor(value / fast)
    ns = (value - sec * fast) * (1_000_000_000 / fast)
  } else {
    const value = (BigInt(high) << 32n) | BigInt(low)
    const whole = value / units
    if (whole > BigInt(MAX_SECONDS)) return { sec: undefined, ns: 0 }
    sec = Number(whole)
    ns = Number(((value - whole * units) * 1_000_000_000n) / units)
  }
  sec += offset
  return Math.abs(sec) > MAX_SECONDS ? { sec: undefined, ns: 0 } : { sec, ns }
}
