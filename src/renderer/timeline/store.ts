/** The timeline's cursor: live, paused anywhere, or replaying. */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { useRafFn } from '@vueuse/core'
import { useLabStore } from '../stores/lab'
import { advance, atSeq, atTime, step, type Position } from './clock'

export type TimelineMode = 'live' | 'paused' | 'replay'

export const useTimelineStore = defineStore('timeline', () => {
  const lab = useLabStore()
  const mode = ref<TimelineMode>('live')
  const speed = ref(1)
  const place = shallowRef<Position>({ t: 0, seq: -1 })

  const end = computed<Position>(() => {
    void lab.version
    const index = lab.eventIndex()
    return { t: index.time(index.length - 1), seq: index.seq(index.length - 1) }
  })
  const position = computed<Position>(() => (mode.value === 'live' ? end.value : place.value))
  /** what views draw up to: always the number of an event, so that a live view is drawn again when it grows */
  const cursor = computed(() => position.value.seq)
  const live = computed(() => mode.value === 'live')

  const replay = useRafFn(({ delta }) => {
    place.value = advance(lab.eventIndex(), place.value, delta, speed.value)
    if (place.value.seq >= end.value.seq && place.value.t >= end.value.t) pause()
  }, { immediate: false })

  function hold(at: Position): void {
    replay.pause()
    mode.value = 'paused'
    place.value = at
  }
  function goLive(): void {
    replay.pause()
    mode.value = 'live'
  }
  function pause(): void {
    hold(position.value)
  }
  /** Plays from here; from the beginning when it stands at the end. */
  function play(): void {
    const from = position.value
    place.value = from.seq >= end.value.seq ? { t: 0, seq: -1 } : from
    mode.value = 'replay'
    replay.resume()
  }
  const toTime = (t: number): void => hold(atTime(lab.eventIndex(), t))
  const toEvent = (seq: number): void => hold(atSeq(lab.eventIndex(), seq))
  const stepBy = (by: 1 | -1): void => hold(step(lab.eventIndex(), position.value, by))
  const toStart = (): void => hold({ t: 0, seq: -1 })

  // only who stands at the live end loses nothing by it
  watch(() => [lab.version, mode.value], () => { if (live.value && lab.full()) void lab.renew() })

  /** space: pause / go on; arrows: one event; Home: the beginning; End: live. True when the key was one of these. */
  function key(name: string): boolean {
    switch (name) {
      case ' ':
        if (mode.value === 'paused') play()
        else pause()
        return true
      case 'ArrowLeft': stepBy(-1); return true
      case 'ArrowRight': stepBy(1); return true
      case 'Home': toStart(); return true
      case 'End': goLive(); return true
      default: return false
    }
  }

  return { mode, speed, end, position, cursor, live, goLive, pause, play, toTime, toEvent, stepBy, toStart, key }
})
