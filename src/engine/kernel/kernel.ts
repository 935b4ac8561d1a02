/** The kernel of a lab, put together: the platform's sockets, the readiness loop, the dispatcher, the runs, the sampler. */
import type { ConnectionTable } from '../observe/connection-table'
import { Sampler } from '../observe/sampler'
import { Dispatcher } from './dispatcher'
import type { Gate, TraceSink } from './objects'
import { Pacer } from './pacer'
import type { NativeSockets, Readiness } from './platform/platform'
import { Processes } from './process'

export interface Kernel {
  readonly native: NativeSockets
  readonly readiness: Readiness
  readonly dispatcher: Dispatcher
  readonly processes: Processes
  readonly sampler: Sampler
  /** what this platform cannot tell: 'tcp-info', 'connection-table', 'outq' */
  readonly unavailable: string[]
  /** closes every descriptor that is left; no call may be made after it */
  close(): void
}

export interface KernelOptions {
  trace: TraceSink
  gate: Gate
  limits: { sockets: number; recvBytes: number; threads: number }
  table?: ConnectionTable | undefined
}

/** Throws with one clear sentence where the binding cannot load. */
export async function createKernel(options: KernelOptions): Promise<Kernel> {
  const { native, readiness } = await bindPlatform()
  const pacer = new Pacer()
  const dispatcher = new Dispatcher({ native, readiness, pacer, trace: options.trace, gate: options.gate, limits: options.limits })
  const sampler = new Sampler(native, options.trace, options.table)
  dispatcher.observer = sampler
  const processes = new Processes(dispatcher, options.trace, options.limits.threads)
  return {
    native,
    readiness,
    dispatcher,
    processes,
    sampler,
    unavailable: [
      ...(native.tellsTcp ? [] : ['tcp-info']),
      ...(options.table ? [] : ['connection-table']),
      ...(native.table.ioctl.OUTQ ? [] : ['outq']),
    ],
    close() {
      sampler.close()
      options.table?.close()
      for (const sock of dispatcher.sockets.values()) native.close(sock.fd)
      dispatcher.sockets.clear()
      readiness.close()
    },
  }
}

async function bindPlatform(): Promise<{ native: NativeSockets; readiness: Readiness }> {
  switch (process.platform) {
    case 'linux': {
      const [{ bindLinux }, { createEpoll }] = await Promise.all([import('./native-linux'), import('./readiness-epoll')])
      return { native: bindLinux(), readiness: createEpoll() }
    }
    case 'darwin': {
      const [{ bindDarwin }, { createKqueue }] = await Promise.all([import('./native-darwin'), import('./readiness-kqueue')])
      return { native: bindDarwin(), readiness: createKqueue() }
    }
    case 'win32': {
      const [{ bindWindows }, { createWsaPoll }] = await Promise.all([import('./native-win32'), import('./readiness-wsapoll')])
      const native = bindWindows()
      return { native, readiness: createWsaPoll(native) }
    }
    default:
      throw new Error(`Socketscope cannot make socket calls on ${process.platform} yet.`)
  }
}
