/** Where everything of a hex view stands: how many bytes a row, which rows are in sight, how far it is scrolled. */
import { computed, shallowRef, watch, type ComputedRef, type WritableComputedRef } from 'vue'
import { range, type Range } from '../../shared/bytes/range'
import { byteAtHex, hexWidth } from './hex-rows'
import type { Metrics } from './use-metrics'

export interface HexGeometry {
  perRow: ComputedRef<number>
  /** digits of an offset */
  digits: ComputedRef<number>
  /** left edges of the hex and the text column, in ch */
  hexLeft: ComputedRef<number>
  textLeft: ComputedRef<number>
  rowCount: ComputedRef<number>
  /** px of all rows together */
  total: ComputedRef<number>
  /** px scrolled */
  scroll: WritableComputedRef<number>
  firstRow: ComputedRef<number>
  /** rows in sight, partly ones included; whole rows in sight */
  shownRows: ComputedRef<number>
  fullRows: ComputedRef<number>
  inSight: ComputedRef<Range>
  /** scrolls as little as needed to show a byte; `centred`: with some context, where it was out of sight */
  reveal(offset: number, centred?: boolean): void
  /** the byte at a point of the view, px from its corner */
  byteAt(x: number, y: number): number | undefined
}

export function useHexGeometry(metrics: () => Metrics, input: { length: number; follow: boolean }): HexGeometry {
  const digits = computed(() => Math.max(8, Math.max(0, input.length - 1).toString(16).length))
  const widthFor = (bytes: number): number => digits.value + 2 + hexWidth(bytes) + 1.5 + bytes + 3
  const perRow = computed(() => (widthFor(16) * metrics().ch <= metrics().width || metrics().width === 0 ? 16 : 8))
  const hexLeft = computed(() => digits.value + 1.5)
  const textLeft = computed(() => hexLeft.value + hexWidth(perRow.value) + 1.5)
  const rowCount = computed(() => Math.ceil(input.length / perRow.value))
  const total = computed(() => rowCount.value * metrics().row)
  const maxScroll = computed(() => Math.max(0, total.value - metrics().height))
  const wanted = shallowRef(0)
  const scroll = computed({
    get: () => Math.min(wanted.value, maxScroll.value),
    set: (to) => (wanted.value = Math.min(Math.max(0, to), maxScroll.value)),
  })
  const firstRow = computed(() => Math.floor(scroll.value / metrics().row))
  const shownRows = computed(() => Math.max(0, Math.min(rowCount.value - firstRow.value, Math.ceil(metrics().height / metrics().row) + 1)))

  watch(maxScroll, (now, before) => {
    if (input.follow && wanted.value >= before - 1) wanted.value = now
  })
  // another number of bytes a row: the first byte in sight stays in sight
  watch(perRow, (now, before) => (scroll.value = Math.floor((firstRow.value * before) / now) * metrics().row), { flush: 'sync' })

  return {
    perRow,
    digits,
    hexLeft,
    textLeft,
    rowCount,
    total,
    scroll,
    firstRow,
    shownRows,
    fullRows: computed(() => Math.max(1, Math.floor(metrics().height / metrics().row))),
    inSight: computed(() =>
      range(firstRow.value * perRow.value, Math.min(input.length, (firstRow.value + shownRows.value) * perRow.value)),
    ),
    reveal(offset, centred = false) {
      const { row, height } = metrics()
      const top = Math.floor(offset / perRow.value) * row
      const above = top < scroll.value
      if (!above && top + row <= scroll.value + height) return
      scroll.value = centred ? top - height / 3 : above ? top : top + row - height
    },
    byteAt(x, y) {
      const column = x / metrics().ch
      if (column < hexLeft.value - 0.5 || column > textLeft.value + perRow.value + 1) return undefined
      const inText = column >= textLeft.value - 0.75
      const byte = inText
        ? Math.max(0, Math.min(perRow.value - 1, Math.floor(column - textLeft.value)))
        : byteAtHex(column - hexLeft.value, perRow.value)
      const at = Math.floor((y + scroll.value) / metrics().row) * perRow.value + byte
      return at >= 0 && at < input.length ? at : undefined
    },
  }
}
