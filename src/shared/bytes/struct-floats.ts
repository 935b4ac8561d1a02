/** IEEE 754 numbers of two, four and eight bytes, as struct's e, f and d have them. */

/** undefined: too large for the format. */
export function packFloat(value: number, size: number, little: boolean): Uint8Array | undefined {
  const out = new Uint8Array(size)
  const view = new DataView(out.buffer)
  if (size === 8) view.setFloat64(0, value, little)
  else if (size === 4) {
    if (Number.isFinite(value) && !Number.isFinite(Math.fround(value))) return undefined
    view.setFloat32(0, value, little)
  } else {
    const bits = halfBits(value)
    if (bits === undefined) return undefined
    view.setUint16(0, bits, little)
  }
  return out
}

export function unpackFloat(bytes: Uint8Array, little: boolean): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (bytes.length === 8) return view.getFloat64(0, little)
  if (bytes.length === 4) return view.getFloat32(0, little)
  const bits = view.getUint16(0, little)
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Infinity
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25))
}

/** Rounded to the nearest, ties to even. */
function halfBits(value: number): number | undefined {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  if (Number.isNaN(value)) return 0x7e00
  if (!Number.isFinite(value)) return sign | 0x7c00
  const size = Math.abs(value)
  // below 2^-14 the steps stay 2^-24 wide (subnormal numbers); the implicit bit adds itself to the exponent
  const exponent = Math.max(-14, Math.min(16, size === 0 ? -14 : Math.floor(Math.log2(size))))
  const exact = size < 2 ** exponent ? exponent - 1 : size >= 2 ** (exponent + 1) ? exponent + 1 : exponent
  const power = Math.max(-14, exact)
  if (power > 15) return undefined
  const steps = toEven(size * 2 ** (10 - power))
  const bits = (power + 14) * 1024 + steps
  return bits >= 0x7c00 ? undefined : sign | bits
}

function toEven(x: number): number {
  const floor = Math.floor(x)
  const rest = x - floor
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor
}
