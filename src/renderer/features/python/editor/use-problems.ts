/** What is wrong with the program in the editor before it is run: Python's own words, and what they mean. */
import { computed, shallowRef, watch, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import type { SyntaxProblem } from '../../../python/program'
import { adviceFor } from '../console/advice'
import { plainCharacters } from '../programs/plain-characters'
import type { OpenProgram } from '../programs/program-file'
import { usePythonRuns } from '../runs-store'
import type { Problem } from './problems'

export function useProblems(program: Ref<OpenProgram | undefined>) {
  const { t, locale } = useI18n()
  const runs = usePythonRuns()
  const problem = shallowRef<Problem>()
  /** what was found last, for while no interpreter is ready: another one is made after each start */
  let last: { source: string; found: SyntaxProblem | undefined } | undefined
  watch(() => program.value?.id, () => { problem.value = undefined })

  /** Another function when its answer may be another: an interpreter is ready, or the language is changed. */
  const check = computed(() => {
    void locale.value
    const able = runs.state === 'ready'
    return async (source: string): Promise<Problem | undefined> => {
      if (able) last = { source, found: await runs.check(source) }
      const found = last?.source === source ? last.found : undefined
      if (!found) return undefined
      const { type, message } = found
      const advice = adviceFor({ type, message, frames: [] })
      const said = `${type}: ${message}`
      const plain = advice?.key === 'oddCharacter' ? plainCharacters(source) : source
      const mend = plain === source ? undefined : { label: t('python.remedy.plain'), source: plain }
      return { ...found, mend, text: advice ? `${said}\n${t(`python.advice.${advice.key}.means`, { name: advice.name })} ${t(`python.advice.${advice.key}.next`, { name: advice.name })}` : said }
    }
  })
  return { problem, check }
}
