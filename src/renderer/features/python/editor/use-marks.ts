/** What the editor marks: where each thread stands at the cursor, the line that failed, the line of the selected call. */
import { computed, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { useNow } from '@vueuse/core'
import { printable } from '../../../../shared/bytes/printable'
import type { RunModel } from '../../../../shared/projections/model'
import { duration } from '../../../diagrams/format'
import { useLabStore } from '../../../stores/lab'
import { useSelectionStore } from '../../../stores/selection'
import { useTimelineStore } from '../../../timeline/store'
import type { Failure } from '../console/use-failure'
import type { OpenProgram } from '../programs/program-file'
import { lineMap } from '../programs/map-lines'
import type { LineMark } from './marks'
import { threadPlaces, type ThreadPlace } from './thread-places'

/** How often a wait's length is told anew, milliseconds. */
const TELL_MS = 200
/** A wait shorter than this is not worth a number, microseconds. */
const WORTH = 100_000

export function useMarks(program: Ref<OpenProgram | undefined>, run: Ref<RunModel | undefined>, failure: Ref<Failure | undefined>) {
  const { t } = useI18n()
  const lab = useLabStore()
  const timeline = useTimelineStore()
  const selection = useSelectionStore()
  const now = useNow({ interval: TELL_MS })

  /** Microseconds of the session: of the moment that is looked at; live, of the clock, because a wait makes no events. */
  function present(): number {
    const { position } = timeline
    if (!timeline.live || !lab.live || !lab.viewing) return position.t
    return Math.max(position.t, (now.value.getTime() - Date.parse(lab.viewing.startedAt)) * 1000)
  }
  const map = computed(() => (run.value?.source === undefined || !program.value ? undefined : lineMap(run.value.source, program.value.source)))

  function words(place: ThreadPlace): string {
    const call = `${place.call ?? ''}()`
    switch (place.state) {
      case 'halted': return t(`python.mark.halted.${place.halt === 'goes-on' ? 'step' : place.halt ?? 'step'}`)
      case 'calling': return t('python.mark.calling', { call })
      case 'returned': return t('python.mark.returned', { call })
      case 'waiting': {
        if (place.why === 'step' || place.why === 'slow') return t(`python.mark.${place.why}`, { call })
        const waited = present() - (place.since ?? 0)
        return t(`python.mark.${place.why === 'timer' ? 'sleeps' : place.why === 'input' ? 'input' : 'blocked'}`, { call, time: waited >= WORTH ? duration(Math.floor(waited / WORTH) * WORTH) : '' }).trim()
      }
      default: return place.state satisfies never
    }
  }
  return computed<LineMark[]>(() => {
    void lab.version
    const to = map.value
    const of = run.value
    if (!to || !of) return []
    const marks: LineMark[] = []
    for (const place of threadPlaces(lab.lab().calls, of, timeline.cursor)) {
      const line = to(place.line)
      if (line === undefined) continue
      marks.push({
        line, kind: place.state, text: words(place), who: printable(place.name),
        ...(place.state === 'waiting' ? { why: place.why === 'input' ? 'input' : place.why === 'readable' || place.why === 'writable' ? 'net' : 'time' } : {}),
      })
      if (place.text !== undefined) marks.push({ line, kind: 'error', text: printable(place.text) })
    }
    const failed = failure.value?.line === undefined ? undefined : to(failure.value.line)
    if (failed !== undefined && failure.value) {
      const { type, message } = failure.value.traceback
      marks.push({ line: failed, kind: 'error', text: printable(message ? `${type}: ${message}` : type) })
    }
    const chosen = selection.selection
    const { calls } = lab.lab()
    const call = chosen?.kind === 'call' ? calls.list[calls.index.get(chosen.call) ?? -1] : undefined
    const selected = call?.run === of.run && call.line !== undefined && (call.file === undefined || call.file === of.file) ? to(call.line) : undefined
    if (selected !== undefined) marks.push({ line: selected, kind: 'selected', text: '' })
    return marks
  })
}
