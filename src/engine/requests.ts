/** What each request of the contract does. Parameters are validated before they get here. */
import type * as v from 'valibot'
import type { Contract, Method, ResultOf } from '../shared/contract/contract'
import { fail, ok, type LabError, type Result } from '../shared/result'
import type { Client } from './client'
import { captureHandlers } from './capture-requests'
import type { Engine } from './engine'
import { handCall } from './hand'
import { BY_HAND } from './kernel/process'
import { readInterfaces } from './observe/interfaces'
import { readMemberships } from './observe/memberships'
import { LIMITS } from './policy/limits'
import { programInfos } from './programs'
import { change, twin } from './programs-run'
import { listFolders } from './services/folders'

export type Handler<M extends Method> = (
  engine: Engine,
  params: v.InferOutput<Contract[M]['params']>,
  client: Client | undefined,
) => Result<ResultOf<M>> | Promise<Result<ResultOf<M>>>

const gone = (what: string): { ok: false; error: LabError } => fail({ code: 'GONE', message: `${what} is no more` })

export const handlers: { [M in Method]: Handler<M> } = {
  hello: (engine) => ok(engine.hello()),
  'machine.interfaces': async (engine) => {
    engine.interfaces = await readInterfaces()
    return ok(engine.interfaces)
  },
  'machine.memberships': () => ok(readMemberships()),
  'machine.listening': async (engine) => ok(await engine.names.listening()),
  'machine.constants': async (engine) => ok(await engine.names.constants()),
  'names.lookup': (engine, { lookup, ...question }) => engine.names.resolver.lookup(lookup, question),
  'names.reverse': (engine, { lookup, ...question }) => engine.names.resolver.reverse(lookup, question),
  'names.host': async (engine, { lookup, ...question }) => {
    const answer = await engine.names.resolver.host(lookup, question)
    return answer.ok ? ok({ call: question.call, value: answer.value }) : answer
  },
  'names.cancel': (engine, { lookup }) => (engine.names.resolver.cancel(lookup) ? ok(null) : gone('the look-up')),
  'scope.set': (engine, { scope }) => {
    engine.setScope(scope)
    return ok({ scope })
  },

  'programs.list': () => ok(programInfos()),
  'programs.twin': (_, { program, params }) => twin(program, params),

  'run.start': (engine, { program, params }) => {
    const started = engine.start(program, params)
    return started.ok ? ok({ run: started.value.run.id }) : started
  },
  'run.stop': (engine, { run }) => {
    const found = engine.kernel?.processes.get(run)
    if (!found) return gone('the run')
    engine.kernel!.processes.stop(found)
    return ok(null)
  },
  'run.set': (engine, { run, params }) => {
    const found = engine.kernel?.processes.get(run)
    if (!found) return gone('the run')
    const changed = change(found.program, params)
    if (!changed.ok) return changed
    engine.kernel!.processes.set(found, changed.value)
    return ok(null)
  },
  'run.reach': (engine, { run, allow }) => engine.publicReach.settle(run, allow),
  'run.input': (engine, { run, line, eof }) => {
    const found = engine.kernel?.processes.get(run)
    if (!found) return gone('the run')
    if (eof) found.input.end()
    else found.input.push(line)
    return ok(null)
  },
  'pace.set': (engine, { pace }) => {
    const kernel = engine.ready()
    if (!kernel.ok) return kernel
    kernel.value.dispatcher.pacer.set(pace)
    return ok(null)
  },
  'pace.step': (engine, { call }) =>
    engine.kernel?.dispatcher.pacer.step(call) ? ok(null) : fail({ code: 'GONE', message: 'no call waits for a step' }),

  'hand.open': (engine, { name }) => {
    const kernel = engine.ready()
    if (!kernel.ok) return kernel
    const { processes } = kernel.value
    if (processes.size >= LIMITS.runs) return fail(tooMany('runs', 'programs', LIMITS.runs))
    const run = processes.open(BY_HAND, { name })
    return ok({ run: run.id, thread: processes.begin(run, name, 'hand').id })
  },
  'hand.thread': (engine, { run, name }) => {
    const found = engine.kernel?.processes.get(run)
    if (!found || found.program !== BY_HAND) return gone('the run')
    if (engine.kernel!.processes.threads.size >= LIMITS.threads) return fail(tooMany('threads', 'threads', LIMITS.threads))
    return ok({ thread: engine.kernel!.processes.begin(found, name, 'hand').id })
  },
  'hand.call': (engine, { thread, call, timeout }) => {
    const kernel = engine.ready()
    return kernel.ok ? handCall(kernel.value, thread, call, timeout) : kernel
  },
  'hand.cancel': (engine, { call }) => {
    for (const thread of engine.kernel?.processes.threads.values() ?? []) {
      if (thread.call !== call || !thread.cancel) continue
      thread.cancel()
      return ok(null)
    }
    return gone('the call')
  },

  'guest.open': (engine, params, client) => engine.guests.open(client, params),
  'guest.thread': (engine, { run, name, func }, client) => engine.guests.thread(client, run, name, func),
  'guest.thread.end': (engine, { thread, error }, client) => engine.guests.endThread(client, thread, error),
  'guest.call': (engine, params, client) => engine.guests.call(client, params),
  'guest.interrupt': (engine, { thread }, client) => engine.guests.interrupt(client, thread),
  'guest.print': (engine, { thread, text, err }, client) => engine.guests.print(client, thread, text, err === true),
  'guest.halt': (engine, params, client) => engine.guests.halt(client, params),
  'guest.end': (engine, { run, ...end }, client) => engine.guests.end(client, run, end),
  'guest.over': (engine, { run }) => engine.guests.over(run),

  'watch.set': (engine, { on }, client) => {
    if (client) client.looking = on
    engine.lookingChanged()
    return ok(null)
  },
  'sock.peek': (engine, { sock, max }) => {
    const found = engine.kernel?.dispatcher.sockets.get(sock)
    if (!found) return gone('the socket')
    const peeked = engine.kernel!.dispatcher.peek(found, max)
    return peeked.ok ? ok({ bytes: peeked.value }) : peeked
  },

  'trace.subscribe': (engine, { session, from, whole }, client) => {
    if (!client) return fail({ code: 'INVALID', message: 'only a connected UI can subscribe' })
    const source = engine.source(session)
    return source.ok ? ok(client.subscribe(source.value, from, whole)) : source
  },
  'trace.ack': (_, { batch }, client) => client?.acknowledge(batch) ?? gone('the subscription'),
  'trace.bytes': async (engine, { session, at, len }) => {
    const source = engine.source(session)
    return source.ok ? ok({ at, bytes: await source.value.readBytes(at, len) }) : source
  },

  'fs.list': (_, { path }) => listFolders(path),

  ...captureHandlers,

  'session.list': async (engine) => ok(await engine.sessions.list(engine.recorder)),
  'session.new': async (engine) => ok(await engine.newSession()),
  'session.open': (engine, { session }) => engine.sessions.open(session),
  'session.read': (engine, { session, offset, len }) => engine.sessions.readFile(session, offset, len, engine.recorder),
  'session.upload': (engine, { upload, offset, bytes, last }) => engine.sessions.upload(upload, offset, bytes, last),
  'session.delete': (engine, { session }) => engine.sessions.delete(session, engine.recorder),
}

const tooMany = (limit: string, what: string, most: number): LabError =>
  ({ code: 'LIMIT', limit, message: `the lab has at most ${most} ${what} at once: end some first`, detail: { limit: most } })
