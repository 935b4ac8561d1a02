/** The lines of a message's head: their grammar, byte by byte. Everything here works on one whole line at a time. */
import type { Range } from '../bytes/range'
import type { ErrorCode, HttpVersion, Part, PartKind } from './model'

/** A line that is not what it should be; `at` is where it goes wrong, counted as the line's ranges are. */
export class LineFault extends Error {
  constructor(readonly code: ErrorCode, message: string, readonly at: Range) {
    super(message)
  }
}

/** tchar of RFC 9110, section 5.6.2 */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** field-vchar, SP, HTAB and obs-text (RFC 9110, section 5.5) */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/** One byte, one character: offsets in the text are offsets in the bytes. */
export function latin1(bytes: Uint8Array, from = 0, to = bytes.length): string {
  let text = ''
  for (let at = from; at < to; at += 4096) text += String.fromCharCode(...bytes.subarray(at, Math.min(to, at + 4096)))
  return text
}

interface Line {
  /** without its end */
  text: string
  /** where its first byte stands in the message, and its length with CRLF */
  from: number
  size: number
}
const inLine = (line: Line, from: number, to: number): Range => ({ from: line.from + from, to: line.from + to })
const whole = (line: Line): Range => inLine(line, 0, line.size)

export function part(kind: PartKind, line: Line, inner: Record<string, [from: number, to: number]> = {}): Part {
  return { kind, ...whole(line), inner: Object.fromEntries(Object.entries(inner).map(([name, [from, to]]) => [name, inLine(line, from, to)])) }
}

function versionOf(line: Line, from: number, to: number): HttpVersion {
  const text = line.text.slice(from, to)
  if (text === 'HTTP/1.1') return '1.1'
  if (text === 'HTTP/1.0') return '1.0'
  const known = /^HTTP\/\d\.\d$/.test(text)
  throw new LineFault('version', known ? `${text} is another version than HTTP/1.1 and HTTP/1.0` : 'the version must be written HTTP/1.1, in capitals',
    inLine(line, from, to))
}

/** `GET /path HTTP/1.1` (RFC 9112, section 3): single spaces between, none inside. */
export function requestLine(line: Line): { method: string; target: string; version: HttpVersion; part: Part } {
  const first = line.text.indexOf(' ')
  const last = line.text.lastIndexOf(' ')
  if (first < 0 || first === last) {
    throw new LineFault('request-line', 'a request line is a method, a target and a version with one space between each', whole(line))
  }
  const method = line.text.slice(0, first)
  if (!TOKEN.test(method)) throw new LineFault('method', 'a method is a word such as GET', inLine(line, 0, first))
  const target = line.text.slice(first + 1, last)
  // visible ASCII: anything else must come percent-encoded (RFC 3986)
  if (!/^[\x21-\x7e]+$/.test(target)) {
    throw new LineFault('target', 'the target has a space or a character that must be percent-encoded', inLine(line, first + 1, Math.max(first + 1, last)))
  }
  const version = versionOf(line, last + 1, line.text.length)
  return {
    method, target, version,
    part: part('request-line', line, { method: [0, first], target: [first + 1, last], version: [last + 1, line.text.length] }),
  }
}

/** `HTTP/1.1 200 OK` (RFC 9112, section 4); the reason may be empty, and even its space may be missing. */
export function statusLine(line: Line): { version: HttpVersion; status: number; reason: string; part: Part } {
  const first = line.text.indexOf(' ')
  const version = versionOf(line, 0, first < 0 ? line.text.length : first)
  const rest = first < 0 ? null : /^([1-9]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?$/.exec(line.text.slice(first + 1))
  if (!rest) throw new LineFault('status-line', 'a status line is the version, three digits and a reason: HTTP/1.1 200 OK', whole(line))
  const reasonAt = Math.min(line.text.length, first + 5)
  return {
    version, status: Number(rest[1]), reason: rest[2] ?? '',
    part: part('status-line', line, { version: [0, first], status: [first + 1, first + 4], reason: [reasonAt, line.text.length] }),
  }
}

/** `Name: value` (RFC 9112, section 5). */
export function fieldLine(line: Line, kind: 'header' | 'trailer'): { name: string; value: string; part: Part } {
  const { text } = line
  if (text.startsWith(' ') || text.startsWith('\t')) {
    throw new LineFault('folded', 'a header line must not begin with white space: the old folding of long lines is no longer allowed', whole(line))
  }
  const colon = text.indexOf(':')
  if (colon < 0) throw new LineFault('no-colon', 'a header line is a name, a colon and a value', whole(line))
  const name = text.slice(0, colon)
  if (/[ \t]$/.test(name)) throw new LineFault('space-before-colon', 'no white space is allowed between the name and the colon', inLine(line, 0, colon + 1))
  if (!TOKEN.test(name)) throw new LineFault('header-name', 'the header name has a character that a name must not have', inLine(line, 0, Math.max(1, colon)))
  if (!FIELD_VALUE.test(text.slice(colon + 1))) {
    throw new LineFault('header-value', 'the header value has a control character', inLine(line, colon + 1, text.length))
  }
  let from = colon + 1
  let to = text.length
  while (from < to && (text[from] === ' ' || text[from] === '\t')) from++
  while (to > from && (text[to - 1] === ' ' || text[to - 1] === '\t')) to--
  return { name, value: text.slice(from, to), part: part(kind, line, { name: [0, colon], value: [from, to] }) }
}

/** `1f;name=value`: the size of the chunk that follows, in hex (RFC 9112, section 7.1). */
export function chunkSize(line: Line): { size: number; part: Part } {
  // 13 hex digits stay below 2^53
  const found = /^([0-9A-Fa-f]{1,13})([ \t]*;[\t\x20-\x7e\x80-\xff]*)?[ \t]*$/.exec(line.text)
  if (!found) throw new LineFault('chunk-size', 'a chunk begins with its size in hex digits', whole(line))
  const digits = found[1]!.length
  const extension: Record<string, [number, number]> = found[2] === undefined ? {} : { extension: [digits, digits + found[2].length] }
  const size = Number.parseInt(found[1]!, 16)
  if (!Number.isSafeInteger(size)) throw new LineFault('chunk-size', 'the chunk is larger than any number this reader can count to', inLine(line, 0, digits))
  return { size, part: part('chunk-size', line, { size: [0, digits], ...extension }) }
}
