/**
 * Writes down one layer while its header is read. Reading never fails: past the end it gives 0, writes nothing more, and
 * the layer says why the bytes ended (the capture cut them, the quoting ICMP message did, or the packet is malformed).
 */
import { encodeHex } from '../bytes/hex'
import type { Field, Layer, LayerKind, Meaning, Problem, Tier } from './model'

/** What is known while a frame is taken apart. */
export interface Context {
  bytes: Uint8Array
  /** the bytes from here on are not there, whatever the headers say */
  available: number
  layers: Layer[]
  quoted: boolean
}

type Extra = Partial<Pick<Field, 'text' | 'name' | 'meaning' | 'fields'>>
/** What a value means may depend on it. */
type About = Extra | ((value: number) => Extra)

export const hex = (value: number, bytes: number): string => `0x${value.toString(16).padStart(2 * bytes, '0')}`
export const asHex = (bytes: number, more: (value: number) => Extra = () => ({})) => (value: number): Extra => ({ text: hex(value, bytes), ...more(value) })

/** An unsigned number of 1 to 6 bytes in network order; the caller has checked that they are there. */
export function uintAt(bytes: Uint8Array, at: number, len: number): number {
  let value = 0
  for (let i = 0; i < len; i++) value = value * 256 + bytes[at + i]!
  return value
}

export class Scribe {
  readonly fields: Field[] = []
  readonly problems: Problem[] = []
  at: number
  /** reading went past the end: what was read since is 0 and means nothing */
  short = false

  /** `limit`: where the layer ends by the headers around it; it may lie beyond the bytes that are there. */
  constructor(readonly context: Context, readonly kind: LayerKind, readonly tier: Tier, readonly from: number, public limit: number) {
    this.at = from
  }

  /** Are `len` more bytes there? */
  has(len: number): boolean {
    return this.at + len <= Math.min(this.limit, this.context.available)
  }

  private take(len: number): number | undefined {
    if (this.short || !this.has(len)) {
      this.short = true
      return undefined
    }
    this.at += len
    return this.at - len
  }

  private write(key: string, from: number, to: number, value: number | string, about: Extra): void {
    this.fields.push({ key, value, from, to, ...about })
  }

  /** A number of `len` bytes, network order. */
  uint(key: string, len: number, about: About = {}): number {
    const at = this.take(len)
    if (at === undefined) return 0
    const value = uintAt(this.context.bytes, at, len)
    this.write(key, at, at + len, value, typeof about === 'function' ? about(value) : about)
    return value
  }

  /** Bytes that are written by `text` (an address), else as hex. */
  octets(key: string, len: number, text: (bytes: Uint8Array) => string = encodeHex, about: (text: string) => Extra = () => ({})): string {
    const at = this.take(len)
    if (at === undefined) return ''
    const value = text(this.context.bytes.subarray(at, at + len))
    this.write(key, at, at + len, value, about(value))
    return value
  }

  /**
   * `len` bytes that hold several numbers, each `[key, bits, about]` from the most significant bit on. A field takes only
   * the bytes in which it has bits.
   */
  bits(len: number, parts: readonly (readonly [key: string, bits: number, about?: About])[]): number[] {
    const at = this.take(len)
    if (at === undefined) return parts.map(() => 0)
    let bit = 0
    return parts.map(([key, count, about = {}]) => {
      const from = at + (bit >> 3)
      const to = at + ((bit + count + 7) >> 3)
      const value = Math.floor(uintAt(this.context.bytes, from, to - from) / 2 ** ((to - from) * 8 - (bit & 7) - count)) % 2 ** count
      const extra = typeof about === 'function' ? about(value) : about
      this.fields.push({ key, value, from, to, bits: { at: bit & 7, len: count }, ...extra })
      bit += count
      return value
    })
  }

  add(field: Field): void {
    this.fields.push(field)
  }

  last(): Field {
    return this.fields[this.fields.length - 1]!
  }

  note(key: string, params?: Problem['params']): void {
    this.problems.push({ key, level: 'note', params })
  }

  error(key: string, params?: Problem['params']): void {
    this.problems.push({ key, level: 'error', params })
  }

  /** Ends the header here and puts the layer into the frame. `end`: where what it carries ends. */
  done(end = this.limit): Layer {
    if (this.short) {
      if (this.at >= this.context.available || this.limit > this.context.available) this.note(this.context.quoted ? 'quotedPart' : 'cut')
      else this.error('short')
    }
    const { available } = this.context
    const layer: Layer = {
      kind: this.kind, tier: this.tier, from: this.from, to: Math.max(this.from, this.at), end: Math.max(this.at, Math.min(this.short ? this.limit : end, available)),
      fields: this.fields, problems: this.problems,
    }
    if (this.context.quoted) layer.quoted = true
    this.context.layers.push(layer)
    return layer
  }
}

/** What no decoder reads further: application bytes, or a protocol that is not taken apart. */
export function rest(context: Context, from: number, limit: number, tier: Tier = 'application', name?: string): void {
  const at = Math.min(from, context.available)
  const to = Math.min(limit, context.available)
  if (to <= at && limit <= at) return
  const scribe = new Scribe(context, 'data', tier, at, limit)
  const len = Math.max(0, to - at)
  if (len > 0) scribe.add({ key: 'data.bytes', value: limit - at, from: at, to, ...(name ? { name } : {}) })
  if (limit > context.available) scribe.note(context.quoted ? 'quotedPart' : 'cutData', { missing: limit - Math.max(at, context.available) })
  scribe.at = Math.max(at, to)
  scribe.done(limit)
}

export const means = (key: string, params?: Meaning['params']): Extra => ({ meaning: params ? { key, params } : { key } })
