/**
 * Walks over a batch without making its events: for whoever reads thousands to keep a few. After `next()`, `skip()` passes
 * over the event, notes what decides about it, and says where it is; `eventAt()` makes it, then or later.
 */
import { EventDecoder, Tag, type Layout } from './codec'
import type { TraceEvent } from './events'
import { SYSCALLS, type FieldType } from './fields'

/** Where an event stands in its batch. */
export interface Place {
  readonly seq: number
  readonly t: number
  readonly layout: Layout
  /** of its first field */
  readonly pos: number
  /** the texts of its batch */
  readonly table: (string | number)[]
}

export class EventScan extends EventDecoder {
  /** of the event that `next()` came to */
  kind: TraceEvent['k'] = 'gap'
  /** of the event skipped last: the first two whole numbers and the word that it must have (a call's name, a mark's kind), and the length of its bytes */
  first = 0
  second = 0
  word = ''
  bytesLength = 0
  private layout: Layout | undefined

  /** false: the batch is over */
  next(): boolean {
    this.layout = this.head()
    if (!this.layout) return false
    this.kind = this.layout.kind as TraceEvent['k']
    return true
  }

  /** An event that was passed over. */
  eventAt({ seq, t, layout, pos, table }: Place): TraceEvent {
    this.pos = pos
    this.table = table
    const known = table.length
    const event = this.fields(layout, seq, t)
    // its own texts joined the table when it was passed over
    table.length = known
    return event
  }

  skip(): Place {
    const place: Place = { seq: this.seq, t: this.t, layout: this.layout!, pos: this.pos, table: this.table }
    this.first = this.second = this.bytesLength = 0
    this.word = ''
    switch (this.kind) {
      case 'call': this.skipCall(); break
      case 'ret': this.skipRet(); break
      default: this.skipByTable(place.layout)
    }
    return place
  }

  // The two kinds that every system call makes, written out: as the table says, but quicker.

  private skipCall(): void {
    this.first = this.uint()
    this.second = this.uint()
    this.word = this.wordOf(SYSCALLS)
    this.skipRecord()
    const mask = this.uint()
    if (mask & 1) this.uint()
    if (mask & 2) this.skipPlain()
    if (mask & 4) this.uint()
    if (mask & 8) this.skipText()
    if (mask > 15) this.bad('unknown fields')
  }

  private skipRet(): void {
    this.first = this.uint()
    this.skipPlain()
    const mask = this.uint()
    if (mask & 1) this.skipText()
    if (mask & 2) {
      this.uint()
      this.bytesLength = this.uint()
      this.uint()
    }
    if (mask & 4) this.uint()
    if (mask & 8) this.skipPlain()
    if (mask & 16) this.skipPlain()
    if (mask & 32) this.skipPlain()
    if (mask & 64) this.uint()
    if (mask & 128) this.uint()
    if (mask & 256) this.uint()
    if (mask & 512) this.skipPlain()
    if (mask > 1023) this.bad('unknown fields')
  }

  private skipByTable({ required, optional }: Layout): void {
    for (let i = 0, numbers = 0; i < required.length; i++) {
      const type = required[i]![1]
      if (type === 'uint') {
        const value = this.uint()
        if (numbers === 0) this.first = value
        else if (numbers === 1) this.second = value
        numbers++
      } else if (typeof type === 'object') this.word = this.wordOf(type)
      else this.skipField(type)
    }
    if (optional.length === 0) return
    let mask = this.uint()
    for (let i = 0; mask > 0; i++) {
      if (mask % 2 === 1) this.skipField((optional[i] ?? this.bad('unknown fields'))[1])
      mask = Math.floor(mask / 2)
    }
  }

  private skipField(type: FieldType): void {
    switch (type) {
      case 'uint': return void this.uint()
      case 'plain': case 'number': case 'addr': return this.skipPlain()
      case 'record': return this.skipRecord()
      case 'text': return this.skipText()
      case 'flag': return void this.byte()
      case 'bytes':
        this.uint()
        this.bytesLength = this.uint()
        return void this.uint()
      case 'texts':
        for (let left = this.length(); left > 0; left--) this.skipText()
        return
      default:
        this.wordOf(type)
    }
  }

  private wordOf(words: readonly string[]): string {
    return words[this.byte()] ?? this.bad('no such word')
  }

  private skipPlain(): void {
    const tag: Tag = this.byte()
    switch (tag) {
      case Tag.Null: case Tag.False: case Tag.True: return
      case Tag.Uint: case Tag.Negative: return void this.uint()
      case Tag.Float: return this.pass(8)
      case Tag.Text: case Tag.Unix: return this.skipText()
      case Tag.Array:
        for (let left = this.length(); left > 0; left--) this.skipPlain()
        return
      case Tag.Record: return this.skipRecord()
      case Tag.Inet6Scope:
        this.skipText()
        this.uint()
        return void this.uint()
      case Tag.Inet: case Tag.Inet6:
        this.skipText()
        return void this.uint()
      default:
        this.bad('no such value')
    }
  }

  private skipRecord(): void {
    for (let left = this.length(); left > 0; left--) {
      this.skipText()
      this.skipPlain()
    }
  }

  private skipText(): void {
    const how = this.uint()
    if (how >= 2) return
    if (how === 0) this.table.push(this.pos)
    this.pass(this.length())
  }

  private pass(bytes: number): void {
    this.pos += bytes
    if (this.pos > this.bytes.length) this.bad('the batch ends too early')
  }
}
