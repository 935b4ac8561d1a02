/** The members of groups that this app runs: joining, talking, leaving; and what was said, as an index over the trace. */
import { defineStore } from 'pinia'
import { computed, reactive, ref, shallowRef, watch } from 'vue'
import { useStorage } from '@vueuse/core'
import type { Membership } from '../../../shared/contract/contract'
import type { MemberFacts } from '../../../shared/net/group-diagnosis'
import { datagramOfCall } from '../../../shared/projections/flows'
import { membershipAt, newMembers, saidCount, senderOptions, updateMembers, type MembershipAt, type MembersIndex, type Said } from '../../../shared/projections/members'
import { paramsAt } from '../../../shared/projections/at'
import type { LabState, RunModel } from '../../../shared/projections/model'
import type { LabError } from '../../../shared/result'
import type { Plain, RunId } from '../../../shared/trace/events'
import { useLabStore } from '../../stores/lab'
import { useTimelineStore } from '../../timeline/store'
import { bestInterface, type IpFamily } from './interface-choice'

export const PROGRAM = 'multicast-member'
/** What the form begins with: addresses that nobody else uses, kept on the link by their scope and their TTL. */
export const GROUPS: Readonly<Record<IpFamily, string>> = { inet6: 'ff12::5057', inet: '239.255.80.87' }
/** Datagrams among which a member's last one is looked for, at each frame. */
const RECENT = 2000
const NAMES = ['Alice', 'Bob', 'Carol', 'Dave', 'Erin', 'Frank', 'Grace', 'Heidi']

export const familyOf = (group: string): IpFamily => (group.includes(':') ? 'inet6' : 'inet')

export type SideTab = 'why' | 'group' | 'kernel' | 'calls' | 'twin'
export type MemberStatus = 'running' | 'ok' | 'failed' | 'stopped'

export const useMembersStore = defineStore('multicast-members', () => {
  const lab = useLabStore()
  const timeline = useTimelineStore()
  const form = reactive({ name: NAMES[0] as string, group: GROUPS.inet6, port: 5007, interface: '', ttl: 1, loopback: true, bot: false })
  const side = useStorage<SideTab>('socketscope.multicast.side', 'why')
  const shares = useStorage('socketscope.multicast.shares', { work: 0.27, side: 0.58 })
  const error = shallowRef<LabError>()
  const memberships = shallowRef<Membership[]>()
  /** the datagram looked at: its place in the index */
  const chosen = ref<number>()
  /** whose ears the conversation is seen through; undefined: everybody's */
  const ears = ref<RunId>()
  /** the two members that the diagnosis is about; undefined sender: a program outside the lab */
  const pair = reactive<{ sender: RunId | undefined; receiver: RunId | undefined }>({ sender: undefined, receiver: undefined })

  let of: LabState | undefined
  let folded: MembersIndex = newMembers([PROGRAM])
  /** Plain data, extended in place: read together with `lab.version`. */
  const index = computed<MembersIndex>(() => {
    void lab.version
    const state = lab.lab()
    if (state !== of) {
      of = state
      folded = newMembers([PROGRAM])
    }
    updateMembers(folded, state, (call) => datagramOfCall(state.datagrams, call))
    return folded
  })

  /** Members that had begun at the cursor, oldest first. */
  const runs = computed<RunModel[]>(() => {
    void lab.version
    return [...lab.lab().calls.runs.values()].filter((run) => run.program === PROGRAM && run.seq <= timeline.cursor)
  })
  const statusOf = (run: RunModel): MemberStatus => (run.end && run.end.seq <= timeline.cursor ? run.end.status : 'running')
  const running = computed(() => runs.value.filter((run) => statusOf(run) === 'running'))
  const count = computed(() => (void lab.version, saidCount(index.value, timeline.cursor)))
  /** Each member's colour and shape, by the order in which they came: 1 to 8, then again; 0: a program outside the lab. */
  const toneOf = (run: RunId | undefined): number => {
    const at = run === undefined ? -1 : runs.value.findIndex((one) => one.run === run)
    return at < 0 ? 0 : (at % 8) + 1
  }
  /** how often members here have joined, left or ended: the kernel's table has changed when this has */
  const joinings = computed(() => (void lab.version, runs.value.reduce((sum, run) => sum + (index.value.members.get(run.run)?.joinings.length ?? 0) + (run.end ? 1 : 0), 0)))
  const nameOf = (run: RunId | undefined): string => String((run === undefined ? undefined : lab.lab().calls.runs.get(run)?.params.name) ?? '')

  // a form that fits this machine: the interface is the best there is, until the person chooses
  const touched = ref(false)
  watch([() => lab.interfaces, () => form.group], () => {
    if (touched.value && lab.interfaces.some((net) => net.name === form.interface)) return
    form.interface = bestInterface(lab.interfaces, familyOf(form.group)) ?? ''
  }, { immediate: true })

  async function join(): Promise<RunId | undefined> {
    error.value = undefined
    // what is started now is to be seen now
    timeline.goLive()
    const answer = await lab.request('run.start', { program: PROGRAM, params: { ...form, family: familyOf(form.group) } })
    if (!answer.ok) {
      error.value = answer.error
      return undefined
    }
    const taken = new Set(runs.value.map((run) => run.params.name).concat(form.name))
    form.name = NAMES.find((name) => !taken.has(name)) ?? `${NAMES[0]} ${taken.size + 1}`
    pair.receiver = answer.value.run
    return answer.value.run
  }
  const say = (run: RunId, line: string) => lab.request('run.input', { run, line })
  const stop = (run: RunId) => lab.request('run.stop', { run })
  async function set(run: RunId, params: Record<string, Plain>): Promise<void> {
    const answer = await lab.request('run.set', { run, params })
    error.value = answer.ok ? undefined : answer.error
  }
  const liveParams = computed(() => lab.programs.find((one) => one.id === PROGRAM)?.live ?? [])

  async function readMemberships(): Promise<void> {
    const answer = await lab.request('machine.memberships', {})
    // an empty table: this platform cannot tell (every interface that is up has joined all-hosts)
    memberships.value = answer.ok && answer.value.length ? answer.value : undefined
  }
  /** What the member has joined; who has ended is in no group, for the kernel leaves at close(). */
  function joined(run: RunId): MembershipAt | undefined {
    const member = index.value.members.get(run)
    const at = member && membershipAt(member, timeline.cursor)
    const model = lab.lab().calls.runs.get(run)
    return at && model && statusOf(model) !== 'running' ? { ...at, joined: false } : at
  }
  /** What the member said last, among the last datagrams of all. */
  function lastSaid(run: RunId): Said | undefined {
    for (let i = count.value - 1; i >= Math.max(0, count.value - RECENT); i--) if (index.value.said[i]?.run === run) return index.value.said[i]
    return undefined
  }
  /** A member as the diagnosis takes it; undefined before it has done anything. */
  function factsOf(run: RunId): MemberFacts | undefined {
    const model = lab.lab().calls.runs.get(run)
    const member = index.value.members.get(run)
    if (!model || !member) return undefined
    const { group, port } = paramsAt(model, timeline.cursor)
    const membership = joined(run)
    const sock = member.sock === undefined ? undefined : lab.lab().sockets.get(member.sock)
    const options = senderOptions(sock, timeline.cursor)
    const errno = lastSaid(run)?.errno
    return {
      family: sock?.family === 'inet' || sock?.family === 'inet6' ? sock.family : familyOf(String(group)), group: membership?.group ?? String(group), port: Number(port), interface: options.interface || (membership?.interface ?? 0),
      ttl: options.ttl, loopback: options.loopback, joined: membership?.joined ?? false, ...(errno === undefined ? {} : { failed: errno }),
    }
  }
  /** Asks the diagnosis about these two. */
  function ask(sender: RunId | undefined, receiver: RunId): void {
    Object.assign(pair, { sender, receiver })
    side.value = 'why'
  }

  watch(() => lab.viewing?.session, () => {
    chosen.value = undefined
    ears.value = undefined
    Object.assign(pair, { sender: undefined, receiver: undefined })
  })

  return {
    form, error, memberships, chosen, ears, pair, touched, index, runs, running, statusOf, count, nameOf, liveParams, join, say, stop, set, readMemberships, joined, factsOf, joinings, ask, side, shares, toneOf,
  }
})
