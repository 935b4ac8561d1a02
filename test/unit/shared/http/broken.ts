/** Malformed HTTP, from a seed: good messages with bytes changed, cut, doubled, swapped, and lines that fight each other. */
const LINES = [
  'GET / HTTP/1.1', 'POST /RPC2 HTTP/1.1', 'HTTP/1.1 200 OK', 'HTTP/1.0 404 Not Found', 'Host: a', 'Host: b', 'Content-Length: 5', 'Content-Length: 6',
  'Content-Length: 18446744073709551616', 'Transfer-Encoding: chunked', 'Transfer-Encoding: gzip', ' folded', 'X : y', 'Connection: close', 'no colon', '',
  '5', 'hello', '0', 'ffffffffffffffff', 'GET / HTTP/9.9', 'Range: bytes=0-', 'A: \x00', 'Accept: */*', '-1', '\x16\x03\x01\x02', 'GET /%2e%2e/etc/passwd HTTP/1.1',
]
const ENDS = ['\r\n', '\r\n', '\r\n', '\n', '\r', '']

export interface Broken { text: string; kind: 'request' | 'response' }

/** The same for the same seed. */
export function broken(count: number, seed: number): Broken[] {
  let state = seed >>> 0 || 1
  // xorshift32
  const next = (below: number): number => {
    state ^= state << 13; state >>>= 0
    state ^= state >>> 17
    state ^= state << 5; state >>>= 0
    return state % below
  }
  const line = (): string => LINES[next(LINES.length)]! + ENDS[next(ENDS.length)]!
  const good = (kind: Broken['kind']): string => {
    const first = kind === 'request' ? 'POST /x HTTP/1.1\r\nHost: a\r\n' : 'HTTP/1.1 200 OK\r\n'
    return first + (next(2) ? 'Content-Length: 5\r\n\r\nhello' : 'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n')
  }
  return Array.from({ length: count }, () => {
    const kind = next(2) ? 'request' : 'response'
    let text = next(3) ? good(kind) : Array.from({ length: 1 + next(8) }, line).join('')
    for (let n = 1 + next(4); n > 0; n--) {
      const at = next(text.length + 1)
      switch (next(5)) {
        case 0: text = text.slice(0, at) + String.fromCharCode(next(256)) + text.slice(at + 1); break
        case 1: text = text.slice(0, at) + text.slice(at + 1 + next(6)); break
        case 2: text = text.slice(0, at) + line() + text.slice(at); break
        case 3: text = text.slice(0, at); break
        default: text = text.slice(0, at) + text.slice(Math.max(0, at - next(20)))
      }
    }
    return { text, kind }
  })
}
