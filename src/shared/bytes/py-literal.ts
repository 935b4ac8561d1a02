/**
 * Reads a Python literal: numbers, strings, bytes, True, False, None, tuples, lists, sets and dicts, and the names nan and
 * inf, which stand for float('nan') and float('inf'). Nothing is evaluated.
 */
import type { Result } from '../result'
import { ok } from '../result'
import { pyRepr } from './py-repr'
import type { PyValue } from './py-value'
import { range, type Range } from './range'

/** Why the text is no literal; `at` are the characters (UTF-16 units) to look at. Codes are keys of the UI's texts. */
export interface LiteralError {
  code: 'value' | 'end' | 'string' | 'escape' | 'bytes-ascii' | 'comma' | 'colon' | 'unhashable' | 'deep' | 'number' | 'extra'
  at: Range
}
const MAX_DEPTH = 60

class Refused extends Error {
  constructor(readonly error: LiteralError) { super(error.code) }
}
const refuse = (code: LiteralError['code'], from: number, to: number): never => { throw new Refused({ code, at: range(from, to) }) }

const NUMBER = /^(?:0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|(?:(?:\d(?:_?\d)*)?\.\d(?:_?\d)*|\d(?:_?\d)*\.?)(?:[eE][+-]?\d(?:_?\d)*)?)/
const PREFIX = /^(?:[bB][rR]?|[rR][bB]?|[uU])?(?=['"])/
const SIMPLE: Readonly<Record<string, string>> = {
  n: '\n', r: '\r', t: '\t', '\\': '\\', "'": "'", '"': '"', a: '\x07', b: '\b', f: '\f', v: '\v', '\n': '',
}

class Reader {
  private at = 0
  constructor(private readonly text: string) {}

  space(): void {
    while (/[\s]/.test(this.text.charAt(this.at))) this.at++
  }
  private peek(): string {
    this.space()
    return this.text.charAt(this.at)
  }
  private take(what: string): boolean {
    if (this.peek() !== what) return false
    this.at += what.length
    return true
  }
  get place(): number { return this.at }
  get ended(): boolean {
    this.space()
    return this.at >= this.text.length
  }
  /** what is wrong here: the one character, or the end */
  wrong(code: LiteralError['code']): never {
    if (this.ended) return refuse('end', this.text.length, this.text.length)
    return refuse(code, this.at, this.at + String.fromCodePoint(this.text.codePointAt(this.at)!).length)
  }

  value(depth: number): PyValue {
    if (depth > MAX_DEPTH) this.wrong('deep')
    const first = this.peek()
    const from = this.at
    if (first === '(') return this.tuple(depth)
    if (first === '[') return this.list(depth)
    if (first === '{') return this.braces(depth)
    const rest = this.text.slice(from)
    if (PREFIX.test(rest)) return this.strings()
    const name = /^[A-Za-z_][A-Za-z_0-9]*/.exec(rest)?.[0]
    if (name) return this.name(name)
    return this.number()
  }

  private name(name: string): PyValue {
    const at = range(this.at, this.at + name.length)
    const known: Record<string, PyValue> = {
      True: { at, type: 'bool', value: true }, False: { at, type: 'bool', value: false }, None: { at, type: 'None' },
      nan: { at, type: 'float', value: Number.NaN }, inf: { at, type: 'float', value: Infinity },
    }
    const found = Object.hasOwn(known, name) ? known[name] : undefined
    if (!found) return refuse('value', at.from, at.to)
    this.at = at.to
    return found
  }

  private number(): PyValue {
    const from = this.at
    const sign = this.take('-') ? -1 : (this.take('+'), 1)
    this.space()
    if (this.text.startsWith('inf', this.at)) {
      this.at += 3
      return { at: range(from, this.at), type: 'float', value: sign * Infinity }
    }
    const digits = NUMBER.exec(this.text.slice(this.at))?.[0]
    if (!digits) return this.wrong('value')
    const start = this.at
    this.at += digits.length
    const at = range(from, this.at)
    if (/[\w]/.test(this.text.charAt(this.at))) refuse('number', from, this.at + 1)
    const plain = digits.replaceAll('_', '')
    if (/^0[xob]/i.test(plain)) return { at, type: 'int', value: BigInt(sign) * BigInt(plain.toLowerCase()) }
    if (/[.eE]/.test(plain)) return { at, type: 'float', value: sign * Number(plain) }
    // 007 is refused by Python too: it once meant octal
    if (/^0+[1-9]/.test(plain)) refuse('number', start, this.at)
    return { at, type: 'int', value: BigInt(sign) * BigInt(plain) }
  }

  /** one string or several side by side, which are one */
  private strings(): PyValue {
    const first = this.string()
    while (PREFIX.test(this.text.slice((this.space(), this.at)))) {
      const next = this.string()
      if (first.type === 'str' && next.type === 'str') first.value += next.value
      else if (first.type === 'bytes' && next.type === 'bytes') first.value = Uint8Array.of(...first.value, ...next.value)
      else return refuse('comma', next.at.from, next.at.to)
      first.at = range(first.at.from, next.at.to)
    }
    return first
  }

  private string(): PyValue {
    const from = this.at
    const prefix = PREFIX.exec(this.text.slice(this.at))?.[0].toLowerCase() ?? ''
    this.at += prefix.length
    const one = this.text.charAt(this.at)
    const quote = this.text.startsWith(one.repeat(3), this.at) ? one.repeat(3) : one
    this.at += quote.length
    const binary = prefix.includes('b')
    let out = ''
    while (!this.text.startsWith(quote, this.at)) {
      const ch = this.text.charAt(this.at)
      if (ch === '' || (ch === '\n' && quote.length === 1)) refuse('string', from, this.at)
      if (ch !== '\\') {
        if (binary && ch > '\x7f') refuse('bytes-ascii', this.at, this.at + 1)
        out += ch
        this.at++
      } else if (prefix.includes('r')) {
        out += this.text.slice(this.at, this.at + 2)
        this.at += 2
      } else out += this.escape(binary)
    }
    this.at += quote.length
    const at = range(from, this.at)
    return binary ? { at, type: 'bytes', value: Uint8Array.from(out, (c) => c.charCodeAt(0)) } : { at, type: 'str', value: out }
  }

  private escape(binary: boolean): string {
    const rest = this.text.slice(this.at + 1)
    const letter = rest.charAt(0)
    const octal = /^[0-7]{1,3}/.exec(rest)?.[0]
    if (octal) {
      this.at += 1 + octal.length
      const code = parseInt(octal, 8)
      return String.fromCharCode(binary ? code & 0xff : code)
    }
    const want = letter === 'x' ? 2 : binary ? 0 : letter === 'u' ? 4 : letter === 'U' ? 8 : 0
    if (want > 0) {
      const digits = rest.slice(1, 1 + want)
      const code = /^[0-9a-fA-F]+$/.test(digits) && digits.length === want ? parseInt(digits, 16) : Infinity
      if (code > 0x10ffff) refuse('escape', this.at, this.at + 2)
      this.at += 2 + want
      return String.fromCodePoint(code)
    }
    const simple = SIMPLE[letter]
    // an unknown escape stays as it is, as in Python
    this.at += simple === undefined ? 1 : 2
    return simple ?? '\\'
  }

  /** values up to the end of the text */
  all(): PyValue[] {
    const items: PyValue[] = []
    while (!this.ended) {
      items.push(this.value(0))
      if (!this.take(',') && !this.ended) this.wrong('comma')
    }
    return items
  }

  /** values up to `close`; whether a comma stood behind the last */
  private items(close: string, depth: number): { items: PyValue[]; comma: boolean } {
    const items: PyValue[] = []
    let comma = false
    while (!this.take(close)) {
      if (items.length > 0 && !comma) this.wrong('comma')
      items.push(this.value(depth + 1))
      comma = this.take(',')
    }
    return { items, comma }
  }
  private tuple(depth: number): PyValue {
    const from = this.at++
    const { items, comma } = this.items(')', depth)
    // brackets around one value are only brackets
    if (items.length === 1 && !comma) return { ...items[0]!, at: range(from, this.at) }
    return { at: range(from, this.at), type: 'tuple', items }
  }
  private list(depth: number): PyValue {
    const from = this.at++
    const { items } = this.items(']', depth)
    return { at: range(from, this.at), type: 'list', items }
  }

  private braces(depth: number): PyValue {
    const from = this.at++
    const keys = new Map<string, number>()
    const pairs: [PyValue, PyValue][] = []
    const items: PyValue[] = []
    let comma = true
    while (!this.take('}')) {
      if (!comma) this.wrong('comma')
      const key = this.value(depth + 1)
      const id = identity(key)
      if (id === undefined) return refuse('unhashable', key.at.from, key.at.to)
      const known = keys.get(id)
      if (items.length === 0 && (pairs.length > 0 || this.peek() === ':')) {
        if (!this.take(':')) this.wrong('colon')
        const value = this.value(depth + 1)
        // the first key stays, the last value counts
        if (known !== undefined) pairs[known]![1] = value
        else keys.set(id, pairs.push([key, value]) - 1)
      } else if (known === undefined) keys.set(id, items.push(key) - 1)
      comma = this.take(',')
    }
    const at = range(from, this.at)
    return items.length > 0 ? { at, type: 'set', items } : { at, type: 'dict', items: pairs }
  }
}

/** What makes two keys the same key (1, 1.0 and True are one); undefined: it cannot be a key. */
function identity(key: PyValue): string | undefined {
  switch (key.type) {
    case 'list': case 'set': case 'dict': return undefined
    case 'bool': return key.value ? '1' : '0'
    // no nan is another nan
    case 'float': return Number.isNaN(key.value) ? `nan ${key.at.from}` : Number.isInteger(key.value) ? BigInt(key.value).toString() : pyRepr(key)
    case 'tuple': {
      const ids = key.items.map(identity)
      return ids.includes(undefined) ? undefined : `(${ids.join()})`
    }
    default: return pyRepr(key)
  }
}

function reading<T>(text: string, read: (reader: Reader) => T): Result<T, LiteralError> {
  const reader = new Reader(text)
  try {
    const value = read(reader)
    if (!reader.ended) return { ok: false, error: { code: 'extra', at: range(reader.place, text.length) } }
    return ok(value)
  } catch (error) {
    if (error instanceof Refused) return { ok: false, error: error.error }
    throw error
  }
}

/** One value. */
export const parseLiteral = (text: string): Result<PyValue, LiteralError> => reading(text, (reader) => reader.value(0))

/** The arguments of a call: values with commas between them. */
export const parseArguments = (text: string): Result<PyValue[], LiteralError> => reading(text, (reader) => reader.all())
