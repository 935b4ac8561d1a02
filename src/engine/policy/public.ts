/**
 * Reaching out to a public address. In the scope "lab network" the person is asked, once for each run; the answer holds for
 * every public address and every thread of that run, until it ends or the scope is narrowed. Who asks nobody (a script) is
 * refused, or allowed where it was started so. In the scope "this computer" nobody is asked: policy.ts refuses.
 */
import type { PublicAsk } from '../../shared/contract/contract'
import { formatAddress, parseAddress } from '../../shared/net/address'
import { fail, ok, type Result } from '../../shared/result'
import type { SockAddr, SyscallName } from '../../shared/trace/events'
import type { Asking, Run } from '../kernel/objects'

/** What is answered where no person is asked. */
export type PublicMode = 'ask' | 'allow' | 'refuse'

interface Question {
  ask: PublicAsk
  waiting: Set<(allow: boolean) => void>
}

export interface PublicOptions {
  mode: PublicMode
  /** whether anybody is there to answer */
  heard(): boolean
  /** the list of questions is another */
  changed(): void
}

export class PublicReach implements Asking {
  private answers = new WeakMap<Run, boolean>()
  /** the hosts that a run was let reach, as text: their datagrams are let in */
  private hosts = new WeakMap<Run, Set<string>>()
  private readonly open = new Map<Run, Question>()

  constructor(private readonly options: PublicOptions) {}

  get asks(): PublicAsk[] {
    return [...this.open.values()].map(({ ask }) => ask)
  }

  answer(run: Run): boolean | undefined {
    const known = this.answers.get(run)
    if (known !== undefined) return known
    if (this.options.mode !== 'ask') return this.options.mode === 'allow'
    return this.options.heard() ? undefined : false
  }

  ask(run: Run, call: SyscallName, address: SockAddr, answered: (allow: boolean) => void): () => void {
    let question = this.open.get(run)
    if (!question) {
      const name = typeof run.params.name === 'string' ? run.params.name : typeof run.params.file === 'string' ? run.params.file : undefined
      question = { ask: { run: run.id, program: run.program, ...(name === undefined ? {} : { name }), call, address }, waiting: new Set() }
      this.open.set(run, question)
      this.options.changed()
    }
    const { waiting } = question
    waiting.add(answered)
    return () => {
      waiting.delete(answered)
      if (waiting.size === 0 && this.open.delete(run)) this.options.changed()
    }
  }

  reaches(run: Run, address: SockAddr): void {
    let hosts = this.hosts.get(run)
    if (!hosts) this.hosts.set(run, (hosts = new Set()))
    hosts.add(hostOf(address))
  }

  /** Whether a datagram of this sender answers a run that was let reach it. */
  reached(run: Run, from: SockAddr): boolean {
    return this.hosts.get(run)?.has(hostOf(from)) === true
  }

  /** The person's answer. */
  settle(run: number, allow: boolean): Result<null> {
    const found = [...this.open].find(([one]) => one.id === run)
    if (!found) return fail({ code: 'GONE', message: 'this program asks nothing any more' })
    const [asking, { waiting }] = found
    this.answers.set(asking, allow)
    this.open.delete(asking)
    for (const answered of [...waiting]) answered(allow)
    this.options.changed()
    return ok(null)
  }

  /** Takes every answer back, and answers no to who still asks. */
  forget(): void {
    for (const { ask } of [...this.open.values()]) this.settle(ask.run, false)
    this.answers = new WeakMap()
    this.hosts = new WeakMap()
  }
}

function hostOf(address: SockAddr): string {
  if (address.family === 'unix') return address.path
  const parsed = parseAddress(address.host)
  return parsed ? formatAddress(parsed) : address.host
}
