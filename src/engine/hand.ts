/** Work by hand: threads that make the one call a person asks for, and wait for the next. */
import type { HandCall } from '../shared/contract/contract'
import type { CallId, ThreadId } from '../shared/trace/events'
import { fail, ok, type LabError, type Result } from '../shared/result'
import type { Kernel } from './kernel/kernel'
import type { Outcome, Sock, Thread } from './kernel/objects'

const gone = (what: string): LabError => ({ code: 'GONE', message: `${what} is no more` })

/**
 * Begins `call` on a thread; the trace tells how it goes. The answer is the id of its `call` event.
 * @param timeout seconds the socket waits from now on; null blocks, 0 never waits, undefined leaves it
 */
export function handCall(kernel: Kernel, id: ThreadId, call: HandCall, timeout: number | null | undefined): Result<{ call: CallId }> {
  const thread = kernel.processes.threads.get(id)
  if (!thread) return fail(gone('the thread'))
  if (thread.call !== undefined) return fail({ code: 'BUSY', message: 'this thread is still in another call: wait for it, or take it back', detail: { call: thread.call } })
  let sock: Sock | undefined
  if (call.name !== 'socket') {
    sock = kernel.dispatcher.sockets.get(call.sock)
    if (!sock || sock.run !== thread.run) return fail({ ...gone('the socket'), code: 'EBADF', syscall: call.name, message: 'the socket is closed' })
    if (timeout !== undefined) sock.timeout = timeout
  }
  const begun = make(kernel, thread, call, sock!)
  const callId = kernel.dispatcher.lastCall
  // failures are in the trace; a person reads them there
  void begun
  return ok({ call: callId })
}

function make(kernel: Kernel, thread: Thread, call: HandCall, sock: Sock): Outcome | Promise<Outcome> {
  const k = kernel.dispatcher
  switch (call.name) {
    case 'socket': return k.socket(thread, call.family, call.type)
    case 'bind': return k.bind(thread, sock, call.address)
    case 'listen': return k.listen(thread, sock, call.backlog)
    case 'accept': return k.accept(thread, sock)
    case 'connect': return k.connect(thread, sock, call.address)
    case 'send': return k.send(thread, sock, call.data)
    case 'sendall': return sendAll(kernel, thread, sock, call.data)
    case 'sendto': return k.sendto(thread, sock, call.data, call.address)
    case 'recv': return k.recv(thread, sock, call.n, { peek: call.peek })
    case 'recvfrom': return k.recvfrom(thread, sock, call.n)
    case 'shutdown': return k.shutdown(thread, sock, call.how)
    case 'close': return k.close(thread, sock)
    case 'abort': return k.abort(thread, sock)
    case 'setsockopt': return k.setsockopt(thread, sock, call.option, call.value)
    case 'getsockopt': return k.getsockopt(thread, sock, call.option)
    case 'getsockname': return k.getsockname(thread, sock)
    case 'getpeername': return k.getpeername(thread, sock)
    default: return call satisfies never
  }
}

/** sendall: send() until all is taken; the first call begins at once. */
function sendAll(kernel: Kernel, thread: Thread, sock: Sock, data: Uint8Array): Outcome | Promise<Outcome> {
  const first = kernel.dispatcher.send(thread, sock, data)
  const rest = async (): Promise<Outcome> => {
    let outcome = await first
    for (let sent = 0; outcome.errno === undefined; ) {
      sent += outcome.value as number
      if (sent >= data.length) break
      outcome = await kernel.dispatcher.send(thread, sock, data.subarray(sent))
    }
    return outcome
  }
  return rest()
}
