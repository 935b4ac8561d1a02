/**
 * Values of XML-RPC typed as JSON: 2 is an int and 2.0 a double, as Python's json reads them, which JSON.parse would not tell
 * apart. What JSON lacks is an object of one member: {"$base64": "AAE="}, {"$dateTime": "20260131T09:15:00"}.
 */
import { fromBase64 } from './base64'
import { RPC_LIMITS } from './limits'
import { RpcError, type RpcMember, type RpcValue } from './value'

/** The parameters of a call: an array; its brackets may be left out, and `[1], [2]` is two parameters. Throws an RpcError. */
export function paramsFromJson(text: string): RpcValue[] {
  const trimmed = text.trim()
  if (!trimmed.startsWith('[')) return list(`[${trimmed}]`)
  try {
    return list(trimmed)
  } catch (error) {
    if (!(error instanceof RpcError)) throw error
    const several = attempt(() => list(`[${trimmed}]`))
    if (several) return several
    throw error
  }
}

function list(text: string): RpcValue[] {
  const value = fromJson(text)
  return value.type === 'array' ? value.value : [value]
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (error instanceof RpcError) return undefined
    throw error
  }
}

export function fromJson(text: string): RpcValue {
  if (text.length > RPC_LIMITS.bytes) throw new RpcError(`the JSON is longer than ${RPC_LIMITS.bytes} characters`, undefined, 'bytes')
  const reader = new JsonReader(text)
  const value = reader.value(0)
  reader.finish()
  return value
}

const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y
const STRING = /"(?:[^"\\\0-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y
const SPACE = /[ \t\r\n]*/y
const WORD = /true|false|null/y

class JsonReader {
  private at = 0
  private count = 0

  constructor(private readonly text: string) {}

  value(depth: number): RpcValue {
    if (depth > RPC_LIMITS.depth) throw new RpcError(`values nest deeper than ${RPC_LIMITS.depth}`, undefined, 'depth')
    if (++this.count > RPC_LIMITS.values) throw new RpcError(`more than ${RPC_LIMITS.values} values`, undefined, 'values')
    this.match(SPACE)
    const c = this.text[this.at]
    if (c === '[') return { type: 'array', value: this.list(']', () => this.value(depth + 1)) }
    if (c === '{') return this.object(depth)
    if (c === '"') return { type: 'string', value: this.string() }
    const word = this.match(WORD)?.[0]
    if (word !== undefined) return word === 'null' ? { type: 'nil' } : { type: 'boolean', value: word === 'true' }
    const number = this.match(NUMBER)
    if (!number) throw this.wrong('a value')
    if (number[1] === undefined && number[2] === undefined) return { type: 'int', value: BigInt(number[0]) }
    return { type: 'double', value: Number(number[0]) }
  }

  finish(): void {
    this.match(SPACE)
    if (this.at < this.text.length) throw this.wrong('the end')
  }

  private object(depth: number): RpcValue {
    const members = this.list('}', (): RpcMember => {
      this.match(SPACE)
      const name = this.string()
      this.take(':')
      return { name, value: this.value(depth + 1) }
    })
    const [only, ...rest] = members
    if (rest.length > 0 || only?.value.type !== 'string') return { type: 'struct', value: members }
    if (only.name === '$dateTime') return { type: 'dateTime', value: only.value.value }
    if (only.name !== '$base64') return { type: 'struct', value: members }
    const bytes = fromBase64(only.value.value)
    if (!bytes) throw new RpcError('$base64 holds no base64')
    return { type: 'base64', value: bytes }
  }

  private list<T>(end: string, item: () => T): T[] {
    this.at++
    const items: T[] = []
    this.match(SPACE)
    if (this.text[this.at] === end) {
      this.at++
      return items
    }
    for (;;) {
      items.push(item())
      this.match(SPACE)
      const c = this.text[this.at]
      if (c !== ',' && c !== end) throw this.wrong(`, or ${end}`)
      this.at++
      if (c === end) return items
    }
  }

  private string(): string {
    const found = this.match(STRING)
    if (!found) throw this.wrong('a text in "quotes"')
    return JSON.parse(found[0]) as string
  }

  private take(c: string): void {
    this.match(SPACE)
    if (this.text[this.at] !== c) throw this.wrong(c)
    this.at++
  }

  private match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.text)
    if (found) this.at = pattern.lastIndex
    return found
  }

  private wrong(wanted: string): RpcError {
    return new RpcError(`the JSON is wrong at character ${this.at + 1}: ${wanted} is wanted there`)
  }
}
