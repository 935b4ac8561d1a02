/** What the names page asks and what was answered. Kept in a store, so that leaving the page keeps both. */
import { defineStore } from 'pinia'
import { computed, reactive, shallowRef } from 'vue'
import { useStorage } from '@vueuse/core'
import type { AddrInfo, HostCall, HostEntry, LookupFamily, LookupFlag, LookupQuestion, LookupType } from '../../../shared/net/names'
import type { LabError } from '../../../shared/result'
import { useLabStore } from '../../stores/lab'

export type NamesTab = 'lookup' | 'hosts' | 'ports' | 'constants'

/** A question under way or answered. */
export interface Asked<Q, A> {
  question: Q
  /** names the look-up for names.cancel */
  lookup: string
  answer?: A
  error?: LabError
}

let counter = 0
const newToken = (): string => `${Date.now().toString(36)}-${(counter++).toString(36)}-${Math.random().toString(36).slice(2)}`

export const useNamesPage = defineStore('names-page', () => {
  const lab = useLabStore()
  const tab = useStorage<NamesTab>('socketscope.names.tab', 'lookup')
  const form = reactive({ host: 'localhost', service: '80', family: 'unspec' as LookupFamily, type: 'any' as LookupType, flags: [] as LookupFlag[] })
  const reverse = reactive({ address: '127.0.0.1', port: 80 })
  const hostName = shallowRef('localhost')

  const looked = shallowRef<Asked<LookupQuestion, AddrInfo[]>>()
  const reversed = shallowRef<Asked<{ address: string; port: number }, { host: string; service: string }>>()
  const hosts = shallowRef<Partial<Record<HostCall, Asked<{ call: HostCall; name: string }, string | HostEntry>>>>({})

  /** The form as a question: an empty field is Python's None. */
  const question = computed<LookupQuestion>(() => {
    const host = form.host.trim()
    const service = form.service.trim()
    return { host: host === '' ? null : host, service: service === '' ? null : service, family: form.family, type: form.type, flags: [...form.flags] }
  })

  async function look(): Promise<void> {
    const asked = { question: question.value, lookup: newToken() }
    looked.value = asked
    const answer = await lab.request('names.lookup', { lookup: asked.lookup, ...asked.question, flags: [...asked.question.flags] })
    if (looked.value?.lookup !== asked.lookup) return
    looked.value = answer.ok ? { ...asked, answer: answer.value } : { ...asked, error: answer.error }
  }
  async function lookBack(): Promise<void> {
    const asked = { question: { address: reverse.address.trim(), port: reverse.port }, lookup: newToken() }
    reversed.value = asked
    const answer = await lab.request('names.reverse', { lookup: asked.lookup, ...asked.question, flags: [] })
    if (reversed.value?.lookup !== asked.lookup) return
    reversed.value = answer.ok ? { ...asked, answer: answer.value } : { ...asked, error: answer.error }
  }
  async function askHost(call: HostCall): Promise<void> {
    const asked = { question: { call, name: call === 'gethostname' ? '' : hostName.value.trim() }, lookup: newToken() }
    hosts.value = { ...hosts.value, [call]: asked }
    const answer = await lab.request('names.host', { lookup: asked.lookup, ...asked.question })
    if (hosts.value[call]?.lookup !== asked.lookup) return
    hosts.value = { ...hosts.value, [call]: answer.ok ? { ...asked, answer: answer.value.value } : { ...asked, error: answer.error } }
  }
  const cancel = (lookup: string) => lab.request('names.cancel', { lookup })

  return { tab, form, reverse, hostName, looked, reversed, hosts, question, look, lookBack, askHost, cancel }
})
