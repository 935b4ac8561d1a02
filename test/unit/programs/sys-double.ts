/** A Sys that plays a script instead of a network, for what needs no kernel: prints, and the order of calls. */
import { resolveHost } from '../../../src/engine/programs/resolve'
import type { SockAddr, SyscallName } from '../../../src/shared/trace/events'
import { OsError, type Socket, type Sys } from '../../../src/engine/programs/program'

/** What one connection gives to recv(), in order: bytes, or the errno that it fails with. Then the end of the stream. */
export type Script = (string | { errno: string })[]

export interface Played {
  /** every call in order, per thread */
  calls: { thread: string; func: string; name: SyscallName }[]
  printed: string[]
}

const peer: SockAddr = { family: 'inet', host: '127.0.0.1', port: 50_000 }
const here: SockAddr = { family: 'inet', host: '127.0.0.1', port: 9999 }

export interface Scene {
  /** the connections that accept() hands out; then the run is stopped */
  clients?: Script[]
  /** what the server answers a client program */
  answers?: Script
  lines?: string[]
  connect?: { errno: string }
}

/** Runs `main` in the scene. Resolves when all its threads have ended; a rejected main is in `error`. */
export async function play(main: (sys: Sys) => Promise<void>, scene: Scene): Promise<Played & { error?: unknown }> {
  const played: Played = { calls: [], printed: [] }
  const clients = [...(scene.clients ?? [])]
  const lines = [...(scene.lines ?? [])]
  const threads: Promise<void>[] = []
  const stop = new AbortController()

  function sysOf(thread: string, func: string): Sys {
    const note = (name: SyscallName): void => void played.calls.push({ thread, func, name })
    const socket = (script: Script): Socket => {
      const left = [...script]
      const call = <T>(name: SyscallName, value: T) => async (): Promise<T> => (note(name), value)
      const self: Socket = {
        fd: 3,
        bind: call('bind', undefined), listen: call('listen', undefined), close: call('close', undefined), abort: call('abort', undefined),
        shutdown: call('shutdown', undefined), setsockopt: call('setsockopt', undefined), getsockopt: call('getsockopt', 0),
        getsockname: call('getsockname', here), getpeername: call('getpeername', peer), sendto: call('sendto', 0),
        settimeout: () => {},
        async accept() {
          note('accept')
          const next = clients.shift()
          if (!next) throw new OsError('CANCELLED', 'accept')
          return [socket(next), peer]
        },
        async connect() {
          note('connect')
          if (scene.connect) throw new OsError(scene.connect.errno, 'connect')
        },
        async send(data) {
          note('send')
          return data.length
        },
        // in two parts, as the kernel may take it: both calls stand on the twin's one line
        async sendall() {
          note('send')
          note('send')
        },
        async recv() {
          note('recv')
          const next = left.shift() ?? ''
          if (typeof next !== 'string') throw new OsError(next.errno, 'recv')
          return new TextEncoder().encode(next)
        },
        async recvfrom() {
          note('recvfrom')
          return [new Uint8Array(), peer]
        },
      }
      return self
    }
    return {
      signal: stop.signal,
      async socket() {
        note('socket')
        return socket(scene.answers ?? [])
      },
      resolve: (host, port, family) => resolveHost(host, port, family),
      thread(target, { name, args }) {
        const done = target(sysOf(name, target.name), ...rebind(args, name, target.name))
        // a thread that waits when the run is stopped ends there
        threads.push(done.catch((e: unknown) => {
          if (!(e instanceof OsError && e.errno === 'CANCELLED')) throw e
        }))
        return { name, join: () => done }
      },
      take: (it) => rebind([it], thread, func)[0]!,
      // everything is ready at once, but the listening socket (the first) only while clients come, or when nothing else is left
      async poll(entries) {
        note('poll')
        const [server, ...conns] = entries.map(({ socket: it }) => ({ socket: it, readable: true, writable: true, error: false, hangup: false }))
        return clients.length || !conns.length ? [server!, ...conns] : conns
      },
      print: (text) => void played.printed.push(text),
      mark: () => {},
      lastCall: undefined,
      async sleep() {
        note('sleep')
      },
      async input() {
        note('input')
        return lines.shift() ?? null
      },
    }

    /** A socket handed to a thread makes its calls in that thread. */
    function rebind<A extends unknown[]>(args: A, name: string, target: string): A {
      return args.map((arg) => {
        if (typeof arg !== 'object' || arg === null || !('recv' in arg)) return arg
        return new Proxy(arg as Socket, {
          get: (it, key) => {
            const value = Reflect.get(it, key) as unknown
            if (typeof value !== 'function') return value
            return async (...given: unknown[]) => {
              const from = played.calls.length
              const result = (value as (...a: unknown[]) => Promise<unknown>)(...given)
              for (const made of played.calls.slice(from)) Object.assign(made, { thread: name, func: target })
              return result
            }
          },
        })
      }) as A
    }
  }

  let error: unknown
  await main(sysOf('main', 'main')).catch((e: unknown) => { error = e })
  stop.abort()
  await Promise.all(threads)
  return { ...played, error }
}
