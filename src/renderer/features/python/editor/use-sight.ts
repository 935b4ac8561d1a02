/** The line to have in sight: where the program halts, where it failed, where it waits for the first time. */
import { computed, watch, type Ref } from 'vue'
import { useElementSize } from '@vueuse/core'
import type { RunModel } from '../../../../shared/projections/model'
import type { Failure } from '../console/use-failure'
import type { LineMark } from './marks'

export function useSight(at: {
  run: Ref<RunModel | undefined>
  marks: Ref<readonly LineMark[]>
  failure: Ref<Failure | undefined>
  /** the editor's frame, and its type's size */
  frame: Ref<HTMLElement | null>
  size: Ref<number>
  reveal: (line: number) => void
}): void {
  const lineOf = (kind: LineMark['kind']) => at.marks.value.find((mark) => mark.kind === kind)?.line
  const halted = computed(() => lineOf('halted'))
  const failed = computed(() => at.failure.value?.line)
  const look = (line: number | undefined): void => { if (line !== undefined) at.reveal(line) }
  watch(halted, look, { flush: 'post' })
  watch(failed, look, { flush: 'post' })

  // a newcomer looks for where it waits; later waits come and go, and would pull the text away from who reads it
  let seen: number | undefined
  watch(() => (lineOf('waiting') === undefined ? undefined : at.run.value?.run), (run) => {
    if (run === undefined || run === seen) return
    seen = run
    look(lineOf('waiting'))
  }, { flush: 'post' })

  // another size: what was in sight is so still
  const { height } = useElementSize(at.frame)
  watch([height, at.size], () => look(halted.value ?? failed.value ?? lineOf('waiting')), { flush: 'post' })
}
