/**
 * What json.dumps() makes of a Python value, with each part's place in the text; what it cannot serialise, and where that
 * stands; and what json.loads() gives back at the other end, which is not always what was sent.
 */
import type { Result } from '../result'
import { ok } from '../result'
import { pyFloat, pyTypeName, type PyValue } from './py-value'
import type { Range } from './range'

export interface DumpOptions {
  /** everything but ASCII as \uXXXX: Python's default */
  ensureAscii: boolean
  /** without the blanks behind comma and colon: separators=(',', ':') */
  compact: boolean
  sortKeys: boolean
}
export type JsonKind = 'punctuation' | 'key' | 'string' | 'number' | 'constant'
/** A stretch of the text; `at` counts UTF-16 units of it. */
export interface JsonPart {
  kind: JsonKind
  at: Range
  /** the characters of the source that it comes from */
  source: Range
}
export interface Dumped {
  text: string
  parts: JsonPart[]
  /** NaN or an infinity is in it: Python writes and reads these, but no JSON parser need to (RFC 8259, section 6) */
  notJson: boolean
}
export interface DumpError {
  /** the exception as Python prints it */
  python: string
  /** the characters of the source */
  at: Range
  /** how to get there: ['body', 0] */
  path: (string | number)[]
}

class Unserialisable extends Error {
  constructor(readonly error: DumpError) { super(error.python) }
}

export function dumps(value: PyValue, options: DumpOptions): Result<Dumped, DumpError> {
  const writer = new Writer(options)
  try {
    writer.value(value, [])
    return ok({ text: writer.text, parts: writer.parts, notJson: writer.notJson })
  } catch (error) {
    if (error instanceof Unserialisable) return { ok: false, error: error.error }
    throw error
  }
}

class Writer {
  text = ''
  readonly parts: JsonPart[] = []
  notJson = false
  constructor(private readonly options: DumpOptions) {}

  private put(kind: JsonKind, text: string, source: Range): void {
    this.parts.push({ kind, at: { from: this.text.length, to: this.text.length + text.length }, source })
    this.text += text
  }

  value(value: PyValue, path: (string | number)[]): void {
    switch (value.type) {
      case 'str': return this.put('string', quoted(value.value, this.options.ensureAscii), value.at)
      case 'int': return this.put('number', value.value.toString(), value.at)
      case 'float': return this.put('number', this.float(value.value), value.at)
      case 'bool': case 'None': return this.put('constant', constant(value), value.at)
      case 'list': case 'tuple': return this.list(value.items, value.at, path)
      case 'dict': return this.dict(value.items, value.at, path)
      default: throw new Unserialisable({ python: `TypeError: Object of type ${pyTypeName(value)} is not JSON serializable`, at: value.at, path })
    }
  }

  private float(value: number): string {
    if (Number.isFinite(value)) return pyFloat(value)
    this.notJson = true
    return Number.isNaN(value) ? 'NaN' : value < 0 ? '-Infinity' : 'Infinity'
  }

  private list(items: readonly PyValue[], at: Range, path: (string | number)[]): void {
    this.put('punctuation', '[', at)
    items.forEach((item, i) => {
      if (i > 0) this.put('punctuation', this.comma, at)
      this.value(item, [...path, i])
    })
    this.put('punctuation', ']', at)
  }

  private dict(items: readonly (readonly [PyValue, PyValue])[], at: Range, path: (string | number)[]): void {
    const ordered = this.options.sortKeys ? sorted(items, path) : items
    this.put('punctuation', '{', at)
    ordered.forEach(([key, item], i) => {
      if (i > 0) this.put('punctuation', this.comma, at)
      const name = this.key(key, path)
      this.put('key', quoted(name, this.options.ensureAscii), key.at)
      this.put('punctuation', this.options.compact ? ':' : ': ', at)
      this.value(item, [...path, name])
    })
    this.put('punctuation', '}', at)
  }

  private get comma(): string {
    return this.options.compact ? ',' : ', '
  }

  private key(key: PyValue, path: (string | number)[]): string {
    const name = keyName(key)
    if (name === undefined) {
      throw new Unserialisable({ python: `TypeError: keys must be str, int, float, bool or None, not ${pyTypeName(key)}`, at: key.at, path })
    }
    if (key.type === 'float' && !Number.isFinite(key.value)) this.notJson = true
    return name
  }
}

const constant = (value: PyValue & { type: 'bool' | 'None' }): string => (value.type === 'None' ? 'null' : value.value ? 'true' : 'false')

/** A key as JSON has it, which is text always; undefined where Python refuses. */
function keyName(key: PyValue): string | undefined {
  switch (key.type) {
    case 'str': return key.value
    case 'int': return key.value.toString()
    case 'float': return Number.isFinite(key.value) ? pyFloat(key.value) : Number.isNaN(key.value) ? 'NaN' : key.value < 0 ? '-Infinity' : 'Infinity'
    case 'bool': case 'None': return constant(key)
    default: return undefined
  }
}

/** Python sorts the keys as they are, before they become text, and cannot compare text with numbers. */
function sorted(items: readonly (readonly [PyValue, PyValue])[], path: (string | number)[]): (readonly [PyValue, PyValue])[] {
  if (items.length < 2) return [...items]
  const numbers = items.every(([key]) => key.type === 'int' || key.type === 'float' || key.type === 'bool')
  if (!numbers && !items.every(([key]) => key.type === 'str')) {
    const one = items.find(([key]) => key.type !== items[0]![0].type) ?? items[1]!
    const names = [pyTypeName(one[0]), pyTypeName(items[0]![0])].map((name) => `'${name}'`).join(' and ')
    throw new Unserialisable({ python: `TypeError: '<' not supported between instances of ${names}`, at: one[0].at, path })
  }
  return [...items].sort(([a], [b]) => (numbers ? Number((a as { value: number }).value) - Number((b as { value: number }).value)
    : byCodePoints((a as { value: string }).value, (b as { value: string }).value)))
}

function byCodePoints(a: string, b: string): number {
  const [left, right] = [Array.from(a), Array.from(b)]
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = left[i]!.codePointAt(0)! - right[i]!.codePointAt(0)!
    if (difference !== 0) return difference
  }
  return left.length - right.length
}

const SHORT: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\f': '\\f', '\b': '\\b' }

function quoted(text: string, ascii: boolean): string {
  const strange = ascii ? /[^ !#-[\]-~]/g : /["\\\x00-\x1f]/g
  return `"${text.replace(strange, (unit) => SHORT[unit] ?? `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)}"`
}

/** What json.loads(json.dumps(value)) gives: tuples are lists then, and every key is text. `value` has been dumped before. */
export function loaded(value: PyValue, sortKeys = false): PyValue {
  switch (value.type) {
    case 'list': case 'tuple': return { at: value.at, type: 'list', items: value.items.map((item) => loaded(item, sortKeys)) }
    case 'dict': {
      const items = new Map<string, [PyValue, PyValue]>()
      for (const [key, item] of sortKeys ? sorted(value.items, []) : value.items) {
        const name = keyName(key) ?? ''
        // two keys that are the same text: the first one's place, the last one's value
        items.set(name, [{ at: key.at, type: 'str', value: name }, loaded(item, sortKeys)])
      }
      return { at: value.at, type: 'dict', items: [...items.values()] }
    }
    default: return value
  }
}
