/** The forms of the RPC page, kept while it is left, and what they start. */
import { defineStore } from 'pinia'
import { computed, reactive, ref, shallowRef } from 'vue'
import { usePageRuns } from '../../wire/page-runs'
import type { LabError } from '../../../shared/result'
import { paramsFromJson } from '../../../shared/rpc/json'
import { RpcError } from '../../../shared/rpc/value'
import type { RunId } from '../../../shared/trace/events'

export const RPC_PROGRAMS = ['xmlrpc-server', 'xmlrpc-client'] as const
/** Calls that one multicall may hold here. */
export const MOST_TOGETHER = 50

export interface Ask { method: string; params: string }

/** Why these are no parameters; undefined when they are. */
export function paramsProblem(text: string): string | undefined {
  try {
    paramsFromJson(text)
    return undefined
  } catch (error) {
    if (error instanceof RpcError) return error.message
    throw error
  }
}
/** The parameters as a JSON array: its brackets may have been left out. */
const asArray = (text: string): string => (isOne(text.trim()) ? text.trim() : `[${text}]`)
/** The text is one array by itself. */
function isOne(text: string): boolean {
  if (!text.startsWith('[')) return false
  const inner = paramsFromJson(text)
  const outer = paramsFromJson(`[${text}]`)
  return outer.length === 1 && outer[0]!.type === 'array' && outer[0]!.value.length === inner.length
}

export const useRpcStore = defineStore('rpc', () => {
  const page = usePageRuns(RPC_PROGRAMS)
  const server = reactive({ host: '127.0.0.1', port: 7001 })
  const call = reactive({ url: 'http://127.0.0.1:7001', method: 'addtogether', params: '["x", "y", "z"]' })
  const together = ref<Ask[]>([])
  /** the methods that a server told of when it was asked */
  const methods = shallowRef<string[]>([])
  const serverError = shallowRef<LabError>()
  const callError = shallowRef<LabError>()
  const chosenRun = shallowRef<RunId>()
  const problem = computed(() => paramsProblem(call.params))

  /** Resolves when it listens: true; or when it could not. */
  async function startServer(): Promise<boolean> {
    serverError.value = undefined
    const answer = await page.start('xmlrpc-server', { ...server })
    if (!answer.ok) {
      serverError.value = answer.error
      return false
    }
    chosenRun.value = answer.value.run
    const address = await page.listening(answer.value.run)
    if (address) call.url = page.urlOf(address)
    return address !== undefined
  }
  async function ask({ method, params }: Ask): Promise<void> {
    callError.value = undefined
    const answer = await page.start('xmlrpc-client', { url: call.url, method, params })
    if (answer.ok) chosenRun.value = answer.value.run
    else callError.value = answer.error
  }
  const add = (): void => { together.value = [...together.value, { method: call.method, params: asArray(call.params) }].slice(0, MOST_TOGETHER) }
  const drop = (index: number): void => { together.value = together.value.filter((_, at) => at !== index) }
  const askTogether = (): Promise<void> => ask({
    method: 'system.multicall',
    params: `[[${together.value.map(({ method, params }) => `{"methodName": ${JSON.stringify(method)}, "params": ${params}}`).join(', ')}]]`,
  })
  /** a server runs: what is to be done next is to ask it */
  const serving = computed(() => page.runs.value.some((run) => run.program === 'xmlrpc-server' && page.running(run)))
  return { ...page, serving, server, call, together, methods, serverError, callError, chosenRun, problem, startServer, ask, add, drop, askTogether }
})
