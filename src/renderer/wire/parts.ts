/** A message's parts as rows to read and as regions of the hex view: one colour for one meaning. */
import type { Range } from '../../shared/bytes/range'
import type { Part } from '../../shared/http/model'
import type { Region } from '../hex/bytes'

/** Fills by the name of a piece inside a line, then by kind of part. */
const COLOR: Record<string, string> = {
  method: 'var(--byte-1)', status: 'var(--byte-1)', target: 'var(--byte-2)', reason: 'var(--byte-2)', version: 'var(--byte-3)',
  name: 'var(--byte-5)', value: 'var(--byte-8)', size: 'var(--byte-7)', extension: 'var(--byte-8)',
  blank: 'var(--byte-4)', body: 'var(--byte-6)', 'chunk-data': 'var(--byte-6)', 'chunk-end': 'var(--byte-4)',
}

export interface Piece extends Range {
  /** the key of its name: message.piece.<key> */
  key: string
  color: string | undefined
}

/** A part cut into its pieces; what stands between them (spaces, colons, CRLF) has no key of its own. */
export function piecesOfPart(part: Part): Piece[] {
  const inner = Object.entries(part.inner).filter(([, r]) => r.to > r.from).sort(([, a], [, b]) => a.from - b.from)
  if (inner.length === 0) return [{ key: part.kind, from: part.from, to: part.to, color: COLOR[part.kind] }]
  const pieces: Piece[] = []
  let at = part.from
  for (const [key, r] of inner) {
    if (r.from > at) pieces.push({ key: '', from: at, to: r.from, color: undefined })
    pieces.push({ key, ...r, color: COLOR[key] })
    at = r.to
  }
  if (at < part.to) pieces.push({ key: '', from: at, to: part.to, color: undefined })
  return pieces
}

export function regionsOf(parts: readonly Part[], label: (key: string) => string): Region[] {
  return parts.flatMap(piecesOfPart).filter((piece) => piece.color !== undefined)
    .map(({ key, from, to, color }) => ({ layer: 'fill', from, to, color: color!, label: label(key) }))
}
