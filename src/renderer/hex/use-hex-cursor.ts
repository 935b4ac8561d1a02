/** The cursor and the selection of a hex view: anchor and head are bytes, both inside the selection. */
import { computed, shallowRef, watch, type ComputedRef, type ShallowRef } from 'vue'
import { range, sameRange, type Range } from '../../shared/bytes/range'

export interface HexCursor {
  /** the byte the keyboard stands on */
  head: Readonly<ShallowRef<number>>
  selection: ComputedRef<Range | undefined>
  /** moves the head; `extend` keeps the anchor */
  moveTo(offset: number, extend: boolean): void
  selectRange(r: Range): void
  clear(): void
  /** the byte that a key leads to; undefined: not a key of ours */
  target(event: KeyboardEvent): number | undefined
}

export interface CursorInput {
  length: () => number
  perRow: () => number
  /** whole rows in sight */
  rows: () => number
  /** the selection of the outside */
  outside: () => Range | undefined
  changed: (r: Range | undefined) => void
}

export function useHexCursor(input: CursorInput): HexCursor {
  const head = shallowRef(0)
  const anchor = shallowRef<number>()
  const clamp = (offset: number): number => Math.min(Math.max(0, offset), Math.max(0, input.length() - 1))
  const selection = computed<Range | undefined>(() => {
    if (anchor.value === undefined) return undefined
    return range(Math.min(anchor.value, head.value), Math.max(anchor.value, head.value) + 1)
  })

  watch(input.outside, (r) => {
    const mine = selection.value
    if (r && mine && sameRange(r, mine)) return
    if (!r || r.to <= r.from) anchor.value = undefined
    else {
      anchor.value = r.from
      head.value = clamp(r.to - 1)
    }
  }, { immediate: true })

  function tell(): void {
    input.changed(selection.value)
  }

  return {
    head,
    selection,
    moveTo(offset, extend) {
      const to = clamp(offset)
      if (extend) anchor.value ??= head.value
      else anchor.value = to
      head.value = to
      tell()
    },
    selectRange(r) {
      if (r.to <= r.from) return
      anchor.value = clamp(r.from)
      head.value = clamp(r.to - 1)
      tell()
    },
    clear() {
      anchor.value = undefined
      tell()
    },
    target(event) {
      const perRow = input.perRow()
      const page = Math.max(1, input.rows() - 1) * perRow
      const whole = event.ctrlKey || event.metaKey
      const column = head.value % perRow
      switch (event.key) {
        case 'ArrowLeft': return head.value - 1
        case 'ArrowRight': return head.value + 1
        case 'ArrowUp': return head.value >= perRow ? head.value - perRow : head.value
        case 'ArrowDown': return head.value + perRow < input.length() ? head.value + perRow : head.value
        case 'PageUp': return head.value >= page ? head.value - page : column
        case 'PageDown': return Math.min(head.value + page, input.length() - 1)
        case 'Home': return whole ? 0 : head.value - column
        case 'End': return whole ? input.length() - 1 : head.value - column + perRow - 1
        default: return undefined
      }
    },
  }
}
