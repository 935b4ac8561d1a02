/** Bytes across DevTools, which carries JSON: { $bytes: base64 }. The page's half has the same two functions as text. */

export function encode(value: unknown): unknown {
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') }
  if (Array.isArray(value)) return value.map(encode)
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, encode(part)]))
  return value
}

export function decode(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decode)
  if (typeof value !== 'object' || value === null) return value
  const { $bytes } = value as { $bytes?: unknown }
  if (typeof $bytes === 'string') return new Uint8Array(Buffer.from($bytes, 'base64'))
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, decode(part)]))
}
