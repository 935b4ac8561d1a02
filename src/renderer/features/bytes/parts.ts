/** A stretch of bytes that means something: coloured in the byte view, and lit together with what it stands for. */
import { sendColor } from '../../hex/bytes'
import type { Range } from '../../../shared/bytes/range'

export interface Part extends Range {
  label: string
  color: string
}
export const part = (at: Range, label: string, index: number): Part => ({ from: at.from, to: at.to, label, color: sendColor(index) })
/** The part that a byte belongs to; -1 for none. Parts rise and do not overlap. */
export const partAt = (parts: readonly Part[], offset: number | undefined): number =>
  (offset === undefined ? -1 : parts.findIndex((one) => offset >= one.from && offset < one.to))

/** Text of which a stretch is wrong: before, it, behind. `at` counts UTF-16 units; an empty stretch shows the place. */
export const split3 = (text: string, at: Range): [string, string, string] => [text.slice(0, at.from), text.slice(at.from, at.to), text.slice(at.to)]
