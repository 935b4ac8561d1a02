/** RFC 4648, section 4. Strict but for white space, which XML-RPC peers put into lines. */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const VALUES = new Map(Array.from(ALPHABET, (c, i) => [c, i]))

export function toBase64(bytes: Uint8Array): string {
  const out: string[] = []
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(at, at + 3)
    const word = (a << 16) | (b << 8) | c
    const left = bytes.length - at
    out.push(ALPHABET[word >> 18]!, ALPHABET[(word >> 12) & 63]!, left > 1 ? ALPHABET[(word >> 6) & 63]! : '=', left > 2 ? ALPHABET[word & 63]! : '=')
    if (at % 57 === 54 && left > 3) out.push('\n')
  }
  return out.join('')
}

/** undefined where the text is no base64. */
export function fromBase64(text: string): Uint8Array | undefined {
  const digits = text.replace(/[ \t\r\n]/g, '')
  const found = /^([A-Za-z0-9+/]*)(={0,2})$/.exec(digits)
  if (!found || digits.length % 4 !== 0) return undefined
  const body = found[1]!
  const bytes = new Uint8Array(Math.floor((body.length * 3) / 4))
  let word = 0
  let bits = 0
  let at = 0
  for (const c of body) {
    word = ((word << 6) | VALUES.get(c)!) & 0xff_ffff
    bits += 6
    if (bits < 8) continue
    bits -= 8
    bytes[at++] = (word >> bits) & 0xff
  }
  return bytes
}
