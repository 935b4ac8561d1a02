/**
 * The variable that stands for a socket in the Python we show: `server` where it listens or is bound, `client` where it
 * connects, `conn` where accept() made it, else `s`. Several open at once in one run are numbered (conn, conn2, ...); a
 * name is free again once its socket is closed, as in a program that reuses its variable.
 *
 * Names are ours, not facts: what a socket becomes decides its name, so a name may be known before the cursor gets there.
 */
import type { CallModel } from '../projections/model'
import type { RunId, SockId } from '../trace/events'

type Role = 'server' | 'client' | 'conn' | 's'

export class SocketNames {
  private readonly names = new Map<SockId, { run: RunId; role: Role; number: number }>()
  private readonly taken = new Map<string, Set<number>>()
  /** every socket that the calls made, in order, with its descriptor */
  readonly made: { sock: SockId; fd: number | undefined }[] = []
  private next = 0
  private waiting: number[] = []

  /** Takes in what came since the last time. The list only grows; a call in it may have returned meanwhile. */
  update(calls: readonly CallModel[]): void {
    this.waiting = this.waiting.filter((i) => !this.returned(calls[i]))
    for (; this.next < calls.length; this.next++) {
      const call = calls[this.next] as CallModel
      this.began(call)
      if (!this.returned(call)) this.waiting.push(this.next)
    }
  }

  of(sock: SockId | undefined): string {
    const name = sock === undefined ? undefined : this.names.get(sock)
    if (!name) return 's'
    return name.number === 1 ? name.role : `${name.role}${name.number}`
  }

  private began(call: CallModel): void {
    if (call.sock === undefined || this.names.get(call.sock)?.role !== 's') return
    if (call.name === 'bind' || call.name === 'listen') this.give(call.run, call.sock, 'server')
    else if (call.name === 'connect') this.give(call.run, call.sock, 'client')
  }

  private returned(call: CallModel | undefined): boolean {
    if (!call?.end) return false
    if (call.end.sock !== undefined) {
      this.give(call.run, call.end.sock, call.name === 'accept' ? 'conn' : 's')
      this.made.push({ sock: call.end.sock, fd: call.end.fd })
    }
    if ((call.name === 'close' || call.name === 'abort') && call.sock !== undefined && !call.end.errno) this.release(call.sock)
    return true
  }

  private give(run: RunId, sock: SockId, role: Role): void {
    this.release(sock)
    const taken = this.numbers(run, role)
    let number = 1
    while (taken.has(number)) number++
    taken.add(number)
    this.names.set(sock, { run, role, number })
  }

  /** the number may be given again; a closed socket keeps the name it had */
  private release(sock: SockId): void {
    const name = this.names.get(sock)
    if (name) this.numbers(name.run, name.role).delete(name.number)
  }

  private numbers(run: RunId, role: Role): Set<number> {
    const key = `${run} ${role}`
    const have = this.taken.get(key)
    if (have) return have
    const made = new Set<number>()
    this.taken.set(key, made)
    return made
  }
}
