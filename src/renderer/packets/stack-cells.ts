/** The boxes of the encapsulation figure, from the outermost header to the innermost bytes. Pure. */
import { TIERS, type Frame, type LayerKind, type Tier } from '../../shared/packets/model'
import type { ConnectionModel, Segment } from '../../shared/projections/model'

export interface Cell {
  key: string
  kind: LayerKind | 'linkHeader' | 'quoted'
  tier: Tier
  /** bytes; equal where known; both 0: not even that */
  least: number
  most: number
  /** inferred cells are drawn dashed */
  known: boolean
  /** its bytes in the frame, where there is one */
  from?: number
  to?: number
}

/** How deep a layer lies: the link's header is outermost. */
export const depthOf = (tier: Tier): number => TIERS.length - 1 - TIERS.indexOf(tier)

export function cellsOfFrame(frame: Frame): Cell[] {
  const cells: Cell[] = []
  for (const [i, layer] of frame.layers.entries()) {
    if (layer.quoted) {
      // all of the packet that an ICMP error quotes is one box
      const last = cells[cells.length - 1]
      if (last?.kind === 'quoted') {
        last.to = Math.max(last.to ?? 0, layer.end)
        last.least = last.most = (last.to ?? 0) - (last.from ?? 0)
        continue
      }
      cells.push({ key: `${i}`, kind: 'quoted', tier: 'internet', least: layer.end - layer.from, most: layer.end - layer.from, known: true, from: layer.from, to: layer.end })
      continue
    }
    const size = layer.to - layer.from
    cells.push({ key: `${i}`, kind: layer.kind, tier: layer.tier, least: size, most: size, known: true, from: layer.from, to: layer.to })
  }
  return cells
}

/** Without a frame: which headers there must be, and how long they can be. The bytes of the program are known. */
export function cellsGuessed(connection: ConnectionModel, segment: Segment | undefined, ethernet: boolean): Cell[] {
  if (connection.family === 'unix') return [bytesCell(segment)].flat()
  const v6 = connection.family === 'inet6'
  const stream = connection.type === 'stream'
  return [
    ethernet ? guess('ethernet', 'link', 14, 14) : guess('linkHeader', 'link', 0, 0),
    v6 ? guess('ipv6', 'internet', 40, 40) : guess('ipv4', 'internet', 20, 60),
    stream ? guess('tcp', 'transport', 20, 60) : guess('udp', 'transport', 8, 8),
    ...bytesCell(segment),
  ]
}

const guess = (kind: Cell['kind'], tier: Tier, least: number, most: number): Cell => ({ key: kind, kind, tier, least, most, known: false })
const bytesCell = (segment: Segment | undefined): Cell[] =>
  segment && (segment.len > 0 || segment.datagram) ? [{ key: 'data', kind: 'data', tier: 'application', least: segment.len, most: segment.len, known: segment.evidence !== 'inferred' || segment.count === 1 }] : []

/** The row of a layer: its own boxes and, in them, those of the layers above; undefined: nothing of it is here. */
export function rowOf(cells: readonly Cell[], tier: Tier): { first: number; last: number } | undefined {
  const depth = depthOf(tier)
  if (!cells.some((cell) => cell.tier === tier)) return undefined
  const first = cells.findIndex((cell) => depthOf(cell.tier) >= depth)
  let last = cells.length - 1
  // trailing padding belongs to the frame alone
  while (last > first && depthOf(cells[last]!.tier) < depth) last--
  return { first, last }
}
