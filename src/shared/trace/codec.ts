/**
 * Events as bytes: what the UI receives and what a session file holds. A batch stands alone (its string table begins
 * empty), so any batch can be read without the ones before it, and two batches in a row are a batch again.
 *
 *   batch  = one or more of: the start byte (0x81), then events
 *   event  = kind byte, varint(seq - previous seq - 1), zigzag(t - previous t), required fields,
 *            mask (varint in as many bytes as the kind's optional fields need), optional fields
 *   text   = varint: 0 a new short text (varint length, UTF-8; it joins the table), 1 one that stays out of it, n >= 2 table entry n - 2
 *   varint = little-endian groups of 7 bits, up to 2^53 - 1
 *
 * Why not a general format: an event is encoded once in the engine's own thread, on the way of every system call, and is
 * decoded from files that anyone may have written. Fields by position are small and quick, and nothing but the fields of
 * the table can come out. Lone surrogates become U+FFFD; an own key `__proto__` is not written and is refused when read.
 */
import type { BlockEvent, ByteRef, CallEvent, Plain, PrintEvent, RetEvent, SockAddr, ThreadEvent, TraceEvent } from './events'
import { BLOCK_REASONS, EVENT_FIELDS, SYSCALLS, type FieldType } from './fields'

/** The bytes are not a batch of events. `offset` says where. */
export class TraceFormatError extends Error {
  constructor(message: string, readonly offset: number) {
    super(`${message} (at byte ${offset})`)
    this.name = 'TraceFormatError'
  }
}

/** Begins a batch: the string table is empty, stamps count from -1 and 0. Its low bits are the version. No kind has this number. */
const START = 0x81
/** Longer texts do not join the string table. UTF-16 units. */
const TABLE_TEXT = 64
const TABLE_ENTRIES = 4096
/** Nesting of a Plain. */
const MAX_DEPTH = 16

export interface Layout {
  kind: string
  code: number
  required: readonly (readonly [string, FieldType])[]
  optional: readonly (readonly [string, FieldType])[]
  /** a varint of this many bytes holds the mask of the optional fields */
  maskBytes: number
}
export const LAYOUTS: readonly Layout[] = Object.entries(EVENT_FIELDS).map(([kind, fields], code) => ({
  kind, code, required: Object.entries(fields.required), optional: Object.entries(fields.optional),
  maskBytes: Math.ceil(Object.keys(fields.optional).length / 7),
}))
const SYSCALL_CODES = new Map<string, number>(SYSCALLS.map((name, code) => [name, code]))
const BLOCK_CODES = new Map<string, number>(BLOCK_REASONS.map((why, code) => [why, code]))
const BY_KIND = new Map(LAYOUTS.map((layout) => [layout.kind, layout]))
const CALL = BY_KIND.get('call')!
const RET = BY_KIND.get('ret')!

export const enum Tag { Null, False, True, Uint, Negative, Float, Text, Array, Record, Inet, Inet6, Inet6Scope, Unix }

const utf8 = new TextEncoder()
const fromUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Writes batches, one after another. `add` events, then `finish` for the batch's bytes. */
export class EventEncoder {
  private buf = new Uint8Array(96 * 1024)
  private view = new DataView(this.buf.buffer)
  private pos = 1
  private seq = -1
  private t = 0
  private table = new Map<string, number>()
  /** events in the batch so far */
  count = 0

  /** bytes in the batch so far */
  get size(): number {
    return this.pos
  }

  /** Adds an event under the given stamp. Throws a RangeError on what is no event; the batch stays as it was. */
  add(event: { k: TraceEvent['k'] }, seq: number, t: number): void {
    const layout = event.k === 'call' ? CALL : event.k === 'ret' ? RET : BY_KIND.get(event.k)
    if (!layout) throw new RangeError(`no such kind of event: ${String(event.k)}`)
    if (!(seq > this.seq)) throw new RangeError(`seq must rise: ${seq} after ${this.seq}`)
    const start = this.pos
    const known = this.table.size
    try {
      this.event(layout, event as unknown as Record<string, unknown>, seq, t)
    } catch (error) {
      this.pos = start
      for (const [text, index] of this.table) if (index >= known + 2) this.table.delete(text)
      throw error
    }
    this.seq = seq
    this.t = t
    this.count++
  }

  /** The batch's bytes (a copy); the encoder is empty again. */
  finish(): Uint8Array {
    this.buf[0] = START
    const bytes = this.buf.slice(0, this.pos)
    this.pos = 1
    this.seq = -1
    this.t = 0
    this.count = 0
    this.table.clear()
    return bytes
  }

  private event(layout: Layout, event: Record<string, unknown>, seq: number, t: number): void {
    this.room(32)
    this.buf[this.pos++] = layout.code
    this.uint(seq - this.seq - 1)
    const dt = t - this.t
    this.uint(dt >= 0 ? dt * 2 : -dt * 2 - 1)
    switch (event.k) {
      case 'call': return this.call(event as unknown as CallEvent)
      case 'block': return this.block(event as unknown as BlockEvent)
      case 'print': return this.print(event as unknown as PrintEvent)
      case 'thread': return this.thread(event as unknown as ThreadEvent)
      case 'ret':
        // datagrams and socketpair() only
        if (event.size !== undefined || event.interface !== undefined || event.sock2 !== undefined || event.fd2 !== undefined) {
          return this.byTable(layout, event)
        }
        return this.ret(event as unknown as RetEvent)
      default: return this.byTable(layout, event)
    }
  }

  // The kinds that every system call, every client and every line makes, written out: as the table says, but quicker.

  private thread(event: ThreadEvent): void {
    this.uint(event.run)
    this.uint(event.thread)
    this.ownText(event.name)
    this.text(event.func)
  }

  private print(event: PrintEvent): void {
    this.uint(event.thread)
    this.ownText(event.text)
    this.room(2)
    this.buf[this.pos++] = event.err === undefined ? 0 : 1
    if (event.err !== undefined) this.buf[this.pos++] = event.err ? 1 : 0
  }

  private call(event: CallEvent): void {
    const name = SYSCALL_CODES.get(event.name)
    if (name === undefined) throw new RangeError(`name cannot be ${String(event.name)}`)
    const { sock, fd, line, file } = event
    this.uint(event.call)
    this.uint(event.thread)
    this.buf[this.pos++] = name
    this.record(event.args, 0)
    this.room(1)
    this.buf[this.pos++] = (sock === undefined ? 0 : 1) | (fd === undefined ? 0 : 2) | (line === undefined ? 0 : 4) | (file === undefined ? 0 : 8)
    if (sock !== undefined) this.uint(sock)
    if (fd !== undefined) this.plain(fd, 0)
    if (line !== undefined) this.uint(line)
    if (file !== undefined) this.text(file)
  }

  private block(event: BlockEvent): void {
    const why = BLOCK_CODES.get(event.why)
    if (why === undefined) throw new RangeError(`why cannot be ${String(event.why)}`)
    this.uint(event.call)
    this.room(2)
    this.buf[this.pos++] = why
    this.buf[this.pos++] = event.local === undefined ? 0 : 1
    if (event.local !== undefined) this.plain(event.local, 0)
  }

  private ret(event: RetEvent): void {
    const { errno, data, sock, fd, local, remote } = event
    this.uint(event.call)
    this.plain(event.value, 0)
    this.room(1)
    this.buf[this.pos++] = (errno === undefined ? 0 : 1) | (data === undefined ? 0 : 2) | (sock === undefined ? 0 : 4)
      | (fd === undefined ? 0 : 8) | (local === undefined ? 0 : 16) | (remote === undefined ? 0 : 32)
    if (errno !== undefined) this.text(errno)
    if (data !== undefined) {
      this.uint(data.at)
      this.uint(data.len)
      this.uint(data.kept)
    }
    if (sock !== undefined) this.uint(sock)
    if (fd !== undefined) this.plain(fd, 0)
    if (local !== undefined) this.plain(local, 0)
    if (remote !== undefined) this.plain(remote, 0)
  }

  private byTable({ required, optional, maskBytes }: Layout, event: Record<string, unknown>): void {
    for (let i = 0; i < required.length; i++) {
      const [name, type] = required[i]!
      this.field(type, event[name], name)
    }
    if (optional.length === 0) return
    // the mask is filled in afterwards, in a fixed width, so that each field is looked at once
    this.room(4)
    const at = this.pos
    this.pos += maskBytes
    let mask = 0
    for (let i = 0; i < optional.length; i++) {
      const [name, type] = optional[i]!
      const value = event[name]
      if (value === undefined) continue
      mask |= 1 << i
      this.field(type, value, name)
    }
    const last = maskBytes - 1
    for (let i = 0; i < last; i++) this.buf[at + i] = ((mask >> (7 * i)) & 0x7f) | 0x80
    this.buf[at + last] = mask >> (7 * last)
  }

  private field(type: FieldType, value: unknown, name: string): void {
    switch (type) {
      case 'uint': return this.uint(value as number)
      case 'plain': case 'number': return this.plain(value as Plain, 0)
      case 'record': return this.record(value as Record<string, Plain>, 0)
      case 'text': return this.text(value as string)
      case 'flag': {
        this.room(1)
        this.buf[this.pos++] = value ? 1 : 0
        return
      }
      case 'addr': return this.plain(value as SockAddr, 0)
      case 'bytes': {
        const ref = value as ByteRef
        this.uint(ref.at)
        this.uint(ref.len)
        return this.uint(ref.kept)
      }
      case 'texts': {
        const texts = value as string[]
        this.uint(texts.length)
        for (const text of texts) this.text(text)
        return
      }
      default: {
        const word = type.indexOf(value as string)
        if (word < 0) throw new RangeError(`${name} cannot be ${String(value)}`)
        this.room(1)
        this.buf[this.pos++] = word
      }
    }
  }

  private plain(value: Plain, depth: number): void {
    this.room(10)
    if (value === null || value === undefined) this.buf[this.pos++] = Tag.Null
    else if (typeof value === 'number') {
      if ((value | 0) === value && value > 0) {
        this.buf[this.pos++] = Tag.Uint
        this.uint(value)
      } else if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
        this.buf[this.pos++] = value < 0 ? Tag.Negative : Tag.Uint
        this.uint(value < 0 ? -value : value)
      } else {
        this.buf[this.pos++] = Tag.Float
        this.view.setFloat64(this.pos, value, true)
        this.pos += 8
      }
    } else if (typeof value === 'string') {
      this.buf[this.pos++] = Tag.Text
      this.text(value)
    } else if (typeof value === 'boolean') this.buf[this.pos++] = value ? Tag.True : Tag.False
    else if (typeof value !== 'object') throw new RangeError(`cannot write a ${typeof value}`)
    else if (depth >= MAX_DEPTH) throw new RangeError('values are nested too deeply')
    else if (Array.isArray(value)) {
      this.buf[this.pos++] = Tag.Array
      this.uint(value.length)
      for (const item of value) this.plain(item, depth + 1)
    } else if (!this.address(value)) {
      this.buf[this.pos++] = Tag.Record
      this.record(value as Record<string, Plain>, depth)
    }
  }

  /** Addresses are most of what is nested in an event, so they have tags of their own. */
  private address(value: object): boolean {
    const a = value as Record<string, unknown>
    let fields = 0
    for (const _ in a) fields++
    if (a.family === 'unix') {
      if (fields !== 2 || typeof a.path !== 'string') return false
      this.buf[this.pos++] = Tag.Unix
      this.text(a.path)
      return true
    }
    if ((a.family !== 'inet' && a.family !== 'inet6') || typeof a.host !== 'string' || !isUint(a.port)) return false
    const scoped = a.family === 'inet6' && fields === 4 && isUint(a.scope)
    if (!scoped && fields !== 3) return false
    this.buf[this.pos++] = a.family === 'inet' ? Tag.Inet : scoped ? Tag.Inet6Scope : Tag.Inet6
    this.text(a.host)
    this.uint(a.port)
    if (scoped) this.uint(a.scope as number)
    return true
  }

  private record(value: Record<string, Plain>, depth: number): void {
    this.room(1)
    const at = this.pos++
    let fields = 0
    for (const key in value) {
      const item = value[key]
      if (item === undefined || key === '__proto__') continue
      fields++
      this.text(key)
      this.plain(item, depth + 1)
    }
    if (fields < 0x80) this.buf[at] = fields
    else this.countAt(at, fields)
  }

  /** Puts a count of more than one byte in the place of one byte. */
  private countAt(at: number, count: number): void {
    const end = this.pos
    this.uint(count)
    const digits = this.buf.slice(end, this.pos)
    this.room(digits.length)
    this.buf.copyWithin(at + digits.length, at + 1, end)
    this.buf.set(digits, at)
    this.pos = end + digits.length - 1
  }

  private text(text: string): void {
    if (typeof text !== 'string') throw new RangeError(`expected text, got ${typeof text}`)
    if (text.length > TABLE_TEXT) return this.ownText(text)
    const index = this.table.get(text)
    if (index !== undefined) return this.uint(index)
    const joins = this.table.size < TABLE_ENTRIES
    if (joins) this.table.set(text, this.table.size + 2)
    this.uint(joins ? 0 : 1)
    this.shortText(text)
  }

  /** A text that hardly comes again: it stays out of the table. */
  private ownText(text: string): void {
    if (typeof text !== 'string') throw new RangeError(`expected text, got ${typeof text}`)
    this.uint(1)
    if (text.length <= TABLE_TEXT) return this.shortText(text)
    const bytes = utf8.encode(text)
    this.uint(bytes.length)
    this.room(bytes.length)
    this.buf.set(bytes, this.pos)
    this.pos += bytes.length
  }

  private shortText(text: string): void {
    this.room(1 + TABLE_TEXT * 3)
    const at = this.pos++
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code >= 0x80) {
        const bytes = utf8.encode(text)
        // at most 64 units of 3 bytes each: 192 takes two bytes of varint
        this.pos = at
        this.uint(bytes.length)
        this.room(bytes.length)
        this.buf.set(bytes, this.pos)
        this.pos += bytes.length
        return
      }
      this.buf[this.pos++] = code
    }
    this.buf[at] = text.length
  }

  private uint(value: number): void {
    this.room(8)
    // most are small; `value | 0` is the value only for whole numbers
    if ((value | 0) === value && value >= 0) {
      let small = value
      while (small >= 0x80) {
        this.buf[this.pos++] = (small & 0x7f) | 0x80
        small >>>= 7
      }
      this.buf[this.pos++] = small
      return
    }
    if (!isUint(value)) throw new RangeError(`expected a whole number from 0, got ${String(value)}`)
    let rest = value
    while (rest >= 0x80) {
      // bit operations see 32 bits only
      this.buf[this.pos++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.buf[this.pos++] = rest
  }

  private room(bytes: number): void {
    if (this.pos + bytes <= this.buf.length) return
    const larger = new Uint8Array(Math.max(this.buf.length * 2, this.pos + bytes))
    larger.set(this.buf)
    this.buf = larger
    this.view = new DataView(larger.buffer)
  }
}

const isUint = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

/** One batch. `seq` must rise from event to event. */
export function encodeEvents(events: readonly TraceEvent[]): Uint8Array {
  const encoder = new EventEncoder()
  for (const event of events) encoder.add(event, event.seq, event.t)
  return encoder.finish()
}

/** The events of a batch, every field checked. Throws TraceFormatError on anything else than a whole batch. */
export function decodeEvents(bytes: Uint8Array): TraceEvent[] {
  return new EventDecoder(bytes).all()
}

/** Reads a batch from its start. */
export class EventDecoder {
  protected pos = 0
  private readonly view: DataView
  /** the texts of the table; of one that was passed over, where it stands (its length first) */
  protected table: (string | number)[] = []
  private at = { seq: -1, t: 0, before: -1 }

  constructor(protected readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  all(): TraceEvent[] {
    const events: TraceEvent[] = []
    for (let layout; (layout = this.head());) events.push(this.fields(layout, this.seq, this.t))
    return events
  }

  get seq(): number {
    return this.at.seq
  }

  get t(): number {
    return this.at.t
  }

  /** Reads the next event's kind and stamp; undefined at the end of the batch. */
  protected head(): Layout | undefined {
    if (this.pos === 0 && this.bytes[0] !== START) this.bad('not a batch of events of this version')
    const { at } = this
    while (this.pos < this.bytes.length) {
      const code = this.byte()
      if (code === START) {
        at.before = Math.max(at.before, at.seq)
        at.seq = -1
        at.t = 0
        this.table = []
        continue
      }
      const layout = LAYOUTS[code] ?? this.bad('no such kind of event')
      at.seq += this.uint() + 1
      if (at.seq <= at.before) this.bad('batches in the wrong order')
      const dt = this.uint()
      at.t += dt % 2 === 0 ? dt / 2 : -(dt + 1) / 2
      if (!Number.isSafeInteger(at.seq) || !isUint(at.t)) this.bad('a stamp is out of range')
      return layout
    }
    return undefined
  }

  protected fields(layout: Layout, seq: number, t: number): TraceEvent {
    const event: Record<string, unknown> = { k: layout.kind, seq, t }
    const { required, optional } = layout
    for (let i = 0; i < required.length; i++) {
      const [name, type] = required[i]!
      event[name] = this.field(type)
    }
    if (optional.length > 0) {
      let mask = this.uint()
      if (mask >= 2 ** optional.length) this.bad('unknown fields')
      for (let i = 0; mask > 0; i++) {
        const [name, type] = optional[i]!
        if (mask % 2 === 1) event[name] = this.field(type)
        mask = Math.floor(mask / 2)
      }
    }
    return event as unknown as TraceEvent
  }

  private field(type: FieldType): unknown {
    switch (type) {
      case 'uint': return this.uint()
      case 'plain': return this.plain(0)
      case 'number': {
        const value = this.plain(0)
        return typeof value === 'number' ? value : this.bad('expected a number')
      }
      case 'record': return this.record(0)
      case 'text': return this.text()
      case 'flag': {
        const value = this.byte()
        return value <= 1 ? value === 1 : this.bad('expected yes or no')
      }
      case 'addr': {
        const tag = this.bytes[this.pos]
        if (tag === undefined || tag < Tag.Inet || tag > Tag.Unix) this.bad('expected an address')
        return this.plain(0)
      }
      case 'bytes': {
        const ref: ByteRef = { at: this.uint(), len: this.uint(), kept: this.uint() }
        if (ref.kept > ref.len) this.bad('more bytes are kept than there were')
        return ref
      }
      case 'texts': {
        const texts: string[] = []
        for (let left = this.length(); left > 0; left--) texts.push(this.text())
        return texts
      }
      default:
        return type[this.byte()] ?? this.bad('no such word')
    }
  }

  private plain(depth: number): Plain {
    const tag: Tag = this.byte()
    switch (tag) {
      case Tag.Null: return null
      case Tag.False: return false
      case Tag.True: return true
      case Tag.Uint: return this.uint()
      case Tag.Negative: return -this.uint()
      case Tag.Float: {
        if (this.pos + 8 > this.bytes.length) this.bad('the batch ends in a number')
        const value = this.view.getFloat64(this.pos, true)
        this.pos += 8
        return value
      }
      case Tag.Text: return this.text()
      case Tag.Array: {
        if (depth >= MAX_DEPTH) this.bad('values are nested too deeply')
        const items: Plain[] = []
        for (let left = this.length(); left > 0; left--) items.push(this.plain(depth + 1))
        return items
      }
      case Tag.Record:
        if (depth >= MAX_DEPTH) this.bad('values are nested too deeply')
        return this.record(depth)
      case Tag.Inet: return { family: 'inet', host: this.text(), port: this.uint() }
      case Tag.Inet6: return { family: 'inet6', host: this.text(), port: this.uint() }
      case Tag.Inet6Scope: return { family: 'inet6', host: this.text(), port: this.uint(), scope: this.uint() }
      case Tag.Unix: return { family: 'unix', path: this.text() }
      default: return this.bad('no such value')
    }
  }

  private record(depth: number): Record<string, Plain> {
    const record: Record<string, Plain> = {}
    for (let left = this.length(); left > 0; left--) {
      const key = this.text()
      // an assignment to this key would change the object's prototype
      if (key === '__proto__') this.bad('a key may not be __proto__')
      record[key] = this.plain(depth + 1)
    }
    return record
  }

  private text(): string {
    const how = this.uint()
    if (how >= 2) return this.known(how - 2)
    const text = this.newText()
    if (how === 0) this.table.push(text)
    return text
  }

  private known(index: number): string {
    const entry = this.table[index] ?? this.bad('no such text')
    if (typeof entry === 'string') return entry
    const here = this.pos
    this.pos = entry
    const text = this.newText()
    this.table[index] = text
    this.pos = here
    return text
  }

  private newText(): string {
    const length = this.length()
    const end = this.pos + length
    let text = ''
    if (length <= TABLE_TEXT) {
      let at = this.pos
      while (at < end && this.bytes[at]! < 0x80) text += String.fromCharCode(this.bytes[at++]!)
      if (at < end) text = this.decode(end)
    } else text = this.decode(end)
    this.pos = end
    return text
  }

  private decode(end: number): string {
    try {
      return fromUtf8.decode(this.bytes.subarray(this.pos, end))
    } catch {
      // the decoder's own message names no place
      return this.bad('a text is not UTF-8')
    }
  }

  /** A count of things that take a byte each at least: never more than what is left. */
  protected length(): number {
    const length = this.uint()
    if (length > this.bytes.length - this.pos) this.bad('the batch ends too early')
    return length
  }

  protected byte(): number {
    return this.bytes[this.pos++] ?? this.bad('the batch ends too early')
  }

  protected uint(): number {
    let value = this.byte()
    if (value < 0x80) return value
    value -= 0x80
    for (let factor = 0x80; factor < 2 ** 53; factor *= 0x80) {
      const next = this.byte()
      value += (next % 0x80) * factor
      if (next < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break
        return value
      }
    }
    return this.bad('a number is out of range')
  }

  protected bad(what: string): never {
    throw new TraceFormatError(`damaged trace: ${what}`, this.pos)
  }
}
