/**
 * A guest's epoll sets. What it changes in a set (epoll_ctl) comes along with its next wait: the program's own Python knows
 * by itself which changes fail. A wait is traced as poll().
 */
import type { GuestCall } from '../shared/contract/guest'
import type { Plain } from '../shared/trace/events'
import type { GuestReturn } from './guest-calls'
import type { Dispatcher } from './kernel/dispatcher'
import { epollSets } from './kernel/epoll-set'
import type { Run, Sock, Thread } from './kernel/objects'
import type { MaybePromise } from './programs/program'

/** Most sets that one program may have. */
const MOST_SETS = 256
const MOST_SHOWN = 32
const EPOLL_CTL_ADD = 1
const EPOLL_CTL_DEL = 2
const EPOLL_CTL_MOD = 3
const WORDS: readonly [number, string][] = [[1, 'EPOLLIN'], [2, 'EPOLLPRI'], [4, 'EPOLLOUT'], [8, 'EPOLLERR'], [16, 'EPOLLHUP'], [0x2000, 'EPOLLRDHUP'], [0x40000000, 'EPOLLONESHOT'], [0x80000000, 'EPOLLET']]

type Change = Extract<GuestCall, { name: 'epoll_wait' }>['changes'][number]

/** A set: a descriptor that can be waited for, and is no socket. */
export interface EpollSet {
  sock: Sock
  /** what is wanted of each descriptor, for the trace */
  wanted: Map<number, number>
}

export class GuestEpolls {
  private readonly sets = new Map<number, EpollSet>()

  constructor(private readonly run: Run) {}

  /** What stands for a set where poll() waits for it. */
  sockOf(fd: number): Sock | undefined {
    return this.sets.get(fd)?.sock
  }

  create(k: Dispatcher): GuestReturn {
    const kernel = epollSets()
    if (!kernel) return { value: null, errno: 'UNAVAILABLE' }
    if (this.sets.size >= MOST_SETS) return { value: null, errno: 'EMFILE' }
    const fd = kernel.create()
    if (fd < 0) return { value: null, errno: k.fds.errno(fd) }
    const sock: Sock = { id: 0, fd, family: 'unix', type: 'stream', run: this.run, closed: false, listening: false, timeout: null }
    this.sets.set(fd, { sock, wanted: new Map() })
    return { value: fd }
  }

  /** @param own whether the program has such a descriptor */
  change(fd: number, changes: readonly Change[], own: (fd: number) => boolean): GuestReturn {
    const set = this.sets.get(fd)
    if (!set) return { value: null, errno: 'EBADF' }
    const kernel = epollSets()!
    for (const { op, fd: member, events } of changes) {
      if (!own(member) && !this.sets.has(member)) continue
      if (op === EPOLL_CTL_DEL) set.wanted.delete(member)
      else set.wanted.set(member, events)
      // a number that was closed and given again may still be in the set, by a copy of what it was
      if (kernel.control(fd, op, member, events) < 0 && op === EPOLL_CTL_ADD) kernel.control(fd, EPOLL_CTL_MOD, member, events)
    }
    return { value: null }
  }

  wait(k: Dispatcher, th: Thread, fd: number, most: number): MaybePromise<GuestReturn> {
    const set = this.sets.get(fd)
    if (!set) return { value: null, errno: 'EBADF' }
    const kernel = epollSets()!
    let events: [number, number][] = []
    const shown = [...set.wanted].slice(0, MOST_SHOWN).map(([member, wanted]): Plain => [member, words(wanted)])
    const look = (): Plain[] | number => {
      const ready = set.sock.closed ? k.fds.errnoNumber('EBADF') : kernel.ready(fd, most)
      if (typeof ready === 'number') return ready
      events = ready
      return ready.slice(0, MOST_SHOWN).map(([member, got]) => [member, words(got)])
    }
    return k.pollSet(th, { nfds: set.wanted.size, fds: shown }, [{ sock: set.sock, read: true, write: false }], th.timeout ?? null, look)
      .then((outcome) => ({ ...outcome, events }))
  }

  /** A descriptor of the program is closed, a set or a member of sets. */
  closed(k: Dispatcher, fd: number): boolean {
    for (const { wanted } of this.sets.values()) wanted.delete(fd)
    const set = this.sets.get(fd)
    if (!set) return false
    this.sets.delete(fd)
    set.sock.closed = true
    k.forgetReadiness(fd)
    epollSets()!.close(fd)
    return true
  }

  end(k: Dispatcher): void {
    for (const fd of [...this.sets.keys()]) this.closed(k, fd)
  }
}

const words = (bits: number): string => WORDS.filter(([bit]) => (bits & bit) !== 0).map(([, word]) => word).join('|')
