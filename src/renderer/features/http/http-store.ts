/** The forms of the HTTP page, kept while it is left, and what they start. */
import { defineStore } from 'pinia'
import { computed, reactive, shallowRef } from 'vue'
import { usePageRuns } from '../../wire/page-runs'
import type { LabError } from '../../../shared/result'
import type { RunId } from '../../../shared/trace/events'

export const HTTP_PROGRAMS = ['http-server', 'http-get'] as const
/** The name of the hand whose connections belong to this page. */
export const HTTP_HAND = 'http-get'
export type Reading = 'auto' | 'eof' | 'length'

export const useHttpStore = defineStore('http', () => {
  const page = usePageRuns(HTTP_PROGRAMS)
  const server = reactive({ dir: '', host: '127.0.0.1', port: 8000 })
  const get = reactive({ url: 'http://127.0.0.1:8000/', read: 'auto' as Reading })
  const serverError = shallowRef<LabError>()
  const getError = shallowRef<LabError>()
  const chosenRun = shallowRef<RunId>()

  /** Resolves when it listens: true; or when it could not. */
  async function startServer(): Promise<boolean> {
    serverError.value = undefined
    const answer = await page.start('http-server', { ...server })
    if (!answer.ok) {
      serverError.value = answer.error
      return false
    }
    chosenRun.value = answer.value.run
    const address = await page.listening(answer.value.run)
    if (address) get.url = `${page.urlOf(address)}/`
    return address !== undefined
  }
  async function startGet(): Promise<void> {
    getError.value = undefined
    const answer = await page.start('http-get', { ...get })
    if (answer.ok) chosenRun.value = answer.value.run
    else getError.value = answer.error
  }
  /** a server runs: what is to be done next is to ask it */
  const serving = computed(() => page.runs.value.some((run) => run.program === 'http-server' && page.running(run)))
  return { ...page, serving, server, get, serverError, getError, chosenRun, startServer, startGet }
})
