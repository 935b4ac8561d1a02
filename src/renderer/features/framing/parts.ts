/** The parts of frames as they are coloured and named everywhere on the page. */
import { lengthOf, type Range } from '../../../shared/bytes/range'
import type { Frames } from '../../../shared/bytes/framing'

export type PartKind = 'header' | 'length' | 'body' | 'tail' | 'more' | 'broken'
export interface Part { kind: PartKind; range: Range; /** of the frame, from 1; 0: of none */ frame: number; color: string }

const COLOR = { header: 'var(--byte-8)', length: 'var(--byte-1)', tail: 'var(--byte-7)', more: 'var(--byte-4)', broken: 'var(--danger-bg)' } as const
const BODY = ['var(--byte-2)', 'var(--byte-3)'] as const

/** Every byte in one part, in order. Bodies take turns in colour, so that neighbours are told apart. */
export function partsOf(frames: Frames): Part[] {
  const out: Part[] = []
  frames.frames.forEach((frame, i) => {
    const add = (kind: 'header' | 'length' | 'body' | 'tail', range: Range | undefined): void => {
      if (range && lengthOf(range) > 0) out.push({ kind, range, frame: i + 1, color: kind === 'body' ? BODY[i % 2]! : COLOR[kind] })
    }
    add('header', frame.header)
    add('length', frame.length)
    add('body', frame.body)
    add('tail', frame.tail)
  })
  const { rest } = frames
  if (rest.kind !== 'none') out.push({ kind: rest.kind === 'more' ? 'more' : 'broken', range: rest.range, frame: 0, color: COLOR[rest.kind === 'more' ? 'more' : 'broken'] })
  return out
}
