/** The editors of bytes: hex, escapes, Python literals, struct, text encodings, zlib, framing, JSON; and what shows network text. */
import { ENCODINGS, decodeBytes, encodeText } from '../../src/shared/bytes/encodings'
import { formatEscapes, parseEscapes } from '../../src/shared/bytes/escapes'
import { decodeAll, type Framing } from '../../src/shared/bytes/framing'
import { decodeHex, encodeHex } from '../../src/shared/bytes/hex'
import { dumps } from '../../src/shared/bytes/json-wire'
import { printable, printableBytes } from '../../src/shared/bytes/printable'
import { parseArguments, parseLiteral } from '../../src/shared/bytes/py-literal'
import { pyRepr } from '../../src/shared/bytes/py-repr'
import { pack, unpack } from '../../src/shared/bytes/struct'
import { compress, decompress } from '../../src/shared/bytes/zlib'
import { parseAddress } from '../../src/shared/net/address'
import { parseHttpUrl } from '../../src/shared/http/url'
import { fuzz } from './lib/fuzz'
import { mutate } from './lib/random'

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0
function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what)
}
/** Found by its place: within the text that was given. */
const within = (error: { at: unknown }, text: string): void => {
  const at = typeof error.at === 'number' ? error.at : (error.at as { from: number }).from
  must(at >= 0 && at <= text.length, `an error at ${at} of ${text.length}`)
}

fuzz<string>({
  name: 'hex', short: 20_000,
  make: (r) => r.text(40, ['00', 'ff', 'a', ' ', '\n', '0x', '\\x41', ':', '-', ',']),
  check(text) {
    const got = decodeHex(text)
    if (!got.ok) return within(got.error, text)
    const again = decodeHex(encodeHex(got.value))
    must(again.ok && same(again.value, got.value), 'what was read is written as something else')
  },
})

fuzz<string>({
  name: 'escapes', short: 20_000,
  make: (r) => r.text(40, ['\\n', '\\x4', '\\x41', '\\u{1f600}', '\\u', '\\', '\\0', '\\777', 'hello', '\\r\\n', '\\N{']),
  check(text) {
    const got = parseEscapes(text)
    if (!got.ok) return within(got.error, text)
    const again = parseEscapes(formatEscapes(got.value))
    must(again.ok && same(again.value, got.value), 'what was read is written as something else')
  },
})

/** Characters that would act on the screen instead of being seen: controls, bidi, zero width, lone surrogates. */
const ACTING = /[\0-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/

fuzz<Uint8Array>({
  name: 'printable', short: 10_000,
  make: (r) => (r.chance(0.5) ? r.bytes(60) : Buffer.from(r.text(40))),
  check(bytes) {
    const shown = printableBytes(bytes)
    must(!ACTING.test(shown), `acts on the screen: ${JSON.stringify(shown)}`)
    const text = Buffer.from(bytes).toString('utf8')
    must(!ACTING.test(printable(text)), 'text acts on the screen')
  },
})

fuzz<string>({
  name: 'python-literal', short: 10_000,
  make: (r) => r.text(30, ['(', ')', '[', ']', '{', '}', ',', ':', "b'", "'", '"""', '1', '-', '1e9', '0x', '1_0', 'None', 'True', 'nan', '\\x', '\\N{', 'rb"', '[[[[', '((((']),
  check(text) {
    for (const got of [parseLiteral(text), parseArguments(text)]) if (!got.ok) within({ at: got.error.at.from }, text)
    const got = parseLiteral(text)
    if (!got.ok) return
    const repr = pyRepr(got.value)
    const again = parseLiteral(repr)
    must(again.ok && pyRepr(again.value) === repr, `repr() reads as something else: ${repr}`)
    dumps(got.value, { ensureAscii: true, compact: false, sortKeys: false })
  },
})

fuzz<string>({
  name: 'struct', short: 10_000,
  make: (r) => `${r.text(8, ['<', '>', '!', '@', '=', 'B', 'h', 'I', 'q', '3s', '0s', 'p', '?', 'x', '99999999', ' ', 'e', 'd', 'n', 'c'])}\0${Buffer.from(r.bytes(40)).toString('latin1')}`,
  check(text) {
    const cut = text.indexOf('\0')
    const bytes = Buffer.from(text.slice(cut + 1), 'latin1')
    const format = text.slice(0, cut)
    const got = unpack(format, bytes)
    if (!got.ok) return
    const packed = pack(format, got.value.values)
    // bytes of padding are written as NUL whatever they were, and a NaN keeps no payload
    must(packed.ok && packed.value.bytes.length === bytes.length, 'what was unpacked does not pack')
  },
})

fuzz<Uint8Array>({
  name: 'encodings', short: 10_000,
  make: (r) => r.bytes(40),
  check(bytes) {
    for (const encoding of ENCODINGS) {
      decodeBytes(encoding, bytes)
      encodeText(encoding, Buffer.from(bytes).toString('utf16le'))
    }
  },
})

const deflated = compress(new TextEncoder().encode('the same again and again and again '.repeat(20)))
fuzz<Uint8Array>({
  name: 'zlib', short: 2000, part: 0.2,
  make: (r) => mutate(r, deflated),
  check(bytes) {
    const got = decompress(bytes, 4096)
    if (got.ok) must(got.value.bytes.length <= 4096, 'more than was allowed')
  },
})

const FRAMINGS: Framing[] = [
  { kind: 'delimiter', header: new Uint8Array(0), delimiter: Uint8Array.of(13, 10), max: 64 },
  { kind: 'length', header: new Uint8Array(0), lengthBytes: 1, byteOrder: 'big', max: 64 },
  { kind: 'length', header: Uint8Array.of(7), lengthBytes: 4, byteOrder: 'little', max: 1 << 20 },
  { kind: 'fixed', header: new Uint8Array(0), size: 7 },
]
fuzz<Uint8Array>({
  name: 'framing', short: 20_000,
  make: (r) => r.bytes(60),
  check(bytes) {
    for (const framing of FRAMINGS) for (const ended of [false, true]) decodeAll(framing, bytes, ended)
  },
})

fuzz<string>({
  name: 'addresses', short: 20_000,
  make: (r) => r.text(20, ['127.0.0.1', '::', ':', '.', '1', 'ff02', 'fe80', '%', 'eth0', '0x7f', '01', '256', 'http://', '[', ']', '/', '?', '#', '@', '\\']),
  check(text) {
    parseAddress(text)
    parseHttpUrl(text)
  },
})
