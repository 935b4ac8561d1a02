/** A real kernel with a trace that a test can read: what the recorder does, kept in memory. */
import { readdirSync } from 'node:fs'
import koffi from 'koffi'
import { createKernel, type Kernel } from '../../src/engine/kernel/kernel'
import type { Gate, Outcome, Sock, Thread } from '../../src/engine/kernel/objects'
import { createConnectionTable } from '../../src/engine/observe/connection-table'
import { ByteStore } from '../../src/engine/recorder/byte-store'
import type { TraceEvent, Unstamped } from '../../src/shared/trace/events'

export interface TestKernel extends Kernel {
  events: TraceEvent[]
  bytes: ByteStore
  /** a thread that makes calls as a person does by hand */
  thread(name?: string): Thread
  /** ends everything; the descriptors that this process then still has */
  end(): Promise<void>
}

const anything: Gate = { bind: () => undefined, connect: () => undefined, sendto: () => undefined, accept: () => undefined }

export async function testKernel(options: { gate?: Partial<Gate>; sockets?: number; threads?: number } = {}): Promise<TestKernel> {
  const events: TraceEvent[] = []
  const bytes = new ByteStore(64 * 1024 * 1024)
  const began = performance.now()
  const trace = {
    bytes,
    push(event: Unstamped): number {
      return events.push({ ...event, seq: events.length, t: Math.round((performance.now() - began) * 1000) } as TraceEvent) - 1
    },
  }
  const kernel = await createKernel({
    trace, gate: { ...anything, ...options.gate }, limits: { sockets: options.sockets ?? 20_000, recvBytes: 16 * 1024 * 1024, threads: options.threads ?? 20_000 }, table: createConnectionTable(),
  })
  const run = kernel.processes.open('by-hand', {})
  return {
    ...kernel,
    events,
    bytes,
    thread: (name = 'hand') => kernel.processes.begin(run, name, 'hand'),
    async end() {
      await kernel.processes.stopAll()
      kernel.close()
    },
  }
}

/** The socket of an outcome that made one. */
export function sockOf(outcome: Outcome): Sock {
  if (!outcome.sock) throw new Error(`no socket: ${outcome.errno}`)
  return outcome.sock
}

/** How many descriptors (Linux) or handles (Windows) this process has open. */
export const openDescriptors: () => number = process.platform === 'win32' ? openHandles() : () => readdirSync('/proc/self/fd').length

function openHandles(): () => number {
  const kernel32 = koffi.load('kernel32.dll')
  const current = kernel32.func('void * __stdcall GetCurrentProcess()')
  const countOf = kernel32.func('int __stdcall GetProcessHandleCount(void *, void *)')
  const count = new Uint32Array(1)
  return () => {
    if (countOf(current(), count) === 0) throw new Error('GetProcessHandleCount')
    return count[0]!
  }
}
