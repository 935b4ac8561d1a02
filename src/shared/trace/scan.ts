/**
 * Walks over a batch without making its events: for whoever reads thousands to keep a few. After `next()`, either `event()`
 * makes the event or `skip()` passes over it and notes what decides about it.
 */
import { EventDecoder, Tag, type Layout } from './codec'
import type { TraceEvent } from './events'
import type { FieldType } from './fields'

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

  event(): TraceEvent {
    return this.fields(this.layout!, this.seq, this.t)
  }

  skip(): void {
    const { required, optional } = this.layout!
    this.first = this.second = this.bytesLength = 0
    this.word = ''
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
