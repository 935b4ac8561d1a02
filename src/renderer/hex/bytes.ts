/** What the hex view is given: where bytes come from, and ranges that mean something. */
import type { Range } from '../../shared/bytes/range'

/** Bytes with holes: `holes` are ranges of `bytes` (from 0) that were never kept; what stands there means nothing. */
export interface HoledBytes {
  bytes: Uint8Array
  holes: readonly Range[]
}

/**
 * Reads [offset, offset + len). A promise of undefined: none of these bytes were kept. Undefined at once: not here yet,
 * ask again when the view's `tick` changes. Fewer bytes than asked: the rest was not kept.
 */
export type ByteSource = (offset: number, len: number) =>
  Uint8Array | HoledBytes | undefined | Promise<Uint8Array | HoledBytes | undefined>

/** A stretch of bytes that belongs to one call. */
export interface Region extends Range {
  /** `fill`: behind the bytes (sends). `line`: a line below them (recvs). */
  layer: 'fill' | 'line'
  /** a CSS colour */
  color: string
  /** 'send() #3': shown for the byte under the pointer */
  label: string
}

/** The regions that overlap a range, in order; a list must be sorted and, within a layer, without overlaps. */
export type Regions = readonly Region[] | ((r: Range) => readonly Region[])

/** Fill of the i-th send, from the theme's eight. */
export const sendColor = (i: number): string => `var(--byte-${(i % 8) + 1}, #a9d8f5)`
