/**
 * Packet capture into the live session: off until it is asked for, of the lab's own sockets only, and bounded. Packets of
 * others are counted and forgotten; of a flood only a ration is kept, and the trace says how many were left out.
 */
import { createSocket } from 'node:dgram'
import type { CaptureStatus, NetInterface, RunningCapture, Scope } from '../../shared/contract/contract'
import type { CapturedFrame } from '../../shared/pcap/format'
import { packetOf } from '../../shared/pcap/event'
import { summarize } from '../../shared/pcap/summary'
import { fail, ok, type LabError, type Result } from '../../shared/result'
import type { SockId } from '../../shared/trace/events'
import type { Sock } from '../kernel/objects'
import type { Recorder } from '../recorder/recorder'
import { CaptureClock } from './capture-clock'
import { LabEnds } from './capture-ends'
import { CaptureProcess, type CaptureEnd } from './capture-process'
import { PacketRation } from './capture-ration'
import { LOOPBACK, findTools, noTool, type CaptureTool } from './capture-tool'
import { toolVersion } from './capture-version'

/** How long the packets that passed before a stop are waited for, ms; on a machine that is not overloaded they take one. */
const LAST_WORD_MS = 2000
/** How often the mark that shows how far the capture has come is sent again, ms: it may be lost as any datagram. */
const MARK_MS = 100
/** What left-out packets are told by at most, ms. */
const TELL_MS = 500

/** What a capture needs of the engine. */
export interface CaptureHost {
  readonly recorder: Recorder
  readonly scope: Scope
  readonly interfaces: readonly NetInterface[]
  /** the lab's open sockets */
  readonly sockets: ReadonlyMap<SockId, Sock>
}

interface Running {
  process: CaptureProcess
  recorder: Recorder
  ends: LabEnds
  clock: CaptureClock
  ration: PacketRation
  state: RunningCapture
  untap: () => void
  /** left out by the ration since the trace was told */
  untold: { packets: number; bytes: number; at: number }
  /** the port at which a mark of ours is waited for, and what to do when it has passed */
  mark: { port: number; passed: () => void } | undefined
  loopback: boolean
  over: Promise<void> | undefined
}

export class Captures {
  private running: Running | undefined
  private known: { tool: CaptureTool; version: string } | LabError | undefined
  /** one start or stop at a time */
  private turn: Promise<unknown> = Promise.resolve()

  constructor(private readonly host: CaptureHost) {}

  get state(): RunningCapture | undefined {
    return this.running?.state
  }

  /** @param fresh tries again, though it was found out before */
  async status(fresh = false): Promise<CaptureStatus> {
    return this.inTurn(async () => {
      if (fresh && !this.running) this.known = undefined
      this.known ??= await this.tryTools()
      return this.report()
    })
  }

  async start(options: { interface?: string | undefined; until?: 'stop' | 'run' | undefined; except?: readonly number[] | undefined }): Promise<Result<CaptureStatus>> {
    return this.inTurn(async () => {
      if (this.running) return fail({ code: 'INVALID', field: 'capture', message: 'packets are being captured already: stop that first' })
      const choice = this.choose(options.interface)
      if (!choice.ok) return choice
      this.known ??= await this.tryTools()
      if (!('tool' in this.known)) return fail(this.known)
      const begun = await this.begin(this.known, choice.value, options.until ?? 'stop', options.except ?? [])
      if (!begun.ok) {
        // the right may have been taken away since it was found
        this.known = undefined
        return begun
      }
      return ok(this.report())
    })
  }

  /** Settles when all that passed before is in the trace and the tool is gone. */
  async stop(): Promise<CaptureStatus> {
    return this.inTurn(async () => {
      if (this.running) {
        await this.passed(this.running)
        await this.finish(this.running, await this.running.process.stop())
      }
      return this.report()
    })
  }

  /** The scope was switched, or a session ended. */
  async check(): Promise<void> {
    if (this.running && (this.running.recorder !== this.host.recorder || (this.host.scope === 'computer' && !this.running.loopback))) await this.stop()
  }

  // ---- what there is

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.turn.then(work, work)
    this.turn = mine.catch(() => {})
    return mine
  }

  private get loopback(): string {
    return this.host.interfaces.find((i) => i.loopback && process.platform !== 'win32')?.name ?? LOOPBACK[process.platform] ?? 'lo'
  }

  private report(): CaptureStatus {
    const lab = this.host.scope === 'lab'
    const names = this.host.interfaces.filter((i) => !i.loopback && i.up).map((i) => i.name)
    // "any" is Linux's own
    if (process.platform === 'linux') names.push('any')
    const interfaces = [{ name: this.loopback, loopback: true, allowed: true }, ...names.map((name) => ({ name, loopback: false, allowed: lab }))]
    const { known } = this
    const running = this.running ? { running: this.running.state } : {}
    if (!known || !('tool' in known)) return { available: false, ...(known ? { problem: known } : {}), interfaces, ...running }
    return { available: true, tool: { name: known.tool.name, path: known.tool.path, version: known.version }, interfaces, ...running }
  }

  /** Whether this user may is found out by doing it: rights come from too many places to be read (capabilities, groups, drivers). */
  private async tryTools(): Promise<{ tool: CaptureTool; version: string } | LabError> {
    let problem: LabError | undefined
    for (const tool of await findTools()) {
      const tried = await CaptureProcess.start(tool, this.loopback, [], () => {})
      if (tried.ok) {
        await tried.value.stop()
        return { tool, version: await toolVersion(tool) }
      }
      // a right that is missing can be given; that is the better advice
      if (!problem || (problem.code !== 'NO_RIGHT' && tried.error.code === 'NO_RIGHT') || (tool.name === 'dumpcap' && tried.error.code === 'NO_RIGHT')) problem = tried.error
    }
    return problem ?? noTool()
  }

  private choose(name: string | undefined): Result<{ name: string; loopback: boolean }> {
    const found = this.report().interfaces.find((i) => i.name === (name ?? this.loopback))
    if (!found) return fail({ code: 'INVALID', field: 'interface', message: `there is no interface ${JSON.stringify(name)} to capture on` })
    if (found.allowed) return ok(found)
    return fail({
      code: 'POLICY', field: 'interface', detail: { interface: found.name },
      message: `in the scope "this computer" packets are captured on loopback only: switch to the lab network to capture on ${found.name}`,
    })
  }

  // ---- a running one

  private async begin(
    { tool, version }: { tool: CaptureTool; version: string }, on: { name: string; loopback: boolean }, until: 'stop' | 'run', except: readonly number[],
  ): Promise<Result<null>> {
    const { recorder } = this.host
    const ends = new LabEnds(this.host.sockets)
    // what comes before this is set passed before the capture began
    const begun: { running?: Running } = {}
    const process = await CaptureProcess.start(tool, on.name, except, (frame) => {
      if (begun.running) this.take(begun.running, frame)
    })
    if (!process.ok) return process
    const said = `${tool.name} ${version}`.trim()
    const running: Running = {
      process: process.value, recorder, ends, clock: new CaptureClock(), ration: new PacketRation(),
      state: {
        interface: on.name, tool: said, since: recorder.now(), until, packets: 0, bytes: 0, leftOut: { others: 0, ration: 0, kernel: 0, unread: 0 },
      },
      untap: () => {}, untold: { packets: 0, bytes: 0, at: -Infinity }, mark: undefined, loopback: on.loopback, over: undefined,
    }
    begun.running = running
    running.untap = recorder.tap((events) => {
      ends.learn(events)
      if (until === 'run' && events.some((e) => e.k === 'run-end')) void this.stop()
    })
    this.running = running
    void process.value.ended.then((end) => this.finish(running, end))
    recorder.push({ k: 'capture', what: 'start', interface: on.name, tool: said })
    // what passes from here on is surely captured
    await this.passed(running)
    return ok(null)
  }

  private take(running: Running, frame: CapturedFrame): void {
    const { state, recorder, ration, untold } = running
    const { payload, ...said } = summarize(frame.link, frame.bytes, frame.wire)
    if (said.proto !== 'tcp' && said.proto !== 'udp') {
      state.leftOut.unread++
      return
    }
    const { mark } = running
    if (mark && said.proto === 'udp' && said.to.family !== 'unix' && said.to.port === mark.port) {
      mark.passed()
      return
    }
    // the trace is handed on a few times a frame; what is known of an endpoint must be known before its packets are judged
    if (!running.ends.has(said.proto, said.from, said.to)) {
      recorder.flush()
      if (!running.ends.has(said.proto, said.from, said.to)) {
        state.leftOut.others++
        return
      }
    }
    state.packets++
    state.bytes += frame.wire
    running.clock.keep()
    const now = recorder.now()
    const allowed = ration.take(frame.bytes.length, now)
    if (allowed === undefined) {
      state.leftOut.ration++
      untold.packets++
      untold.bytes += frame.wire
      this.tell(running, now)
      return
    }
    if (untold.packets > 0) this.tell(running, now)
    const keep = Math.min(allowed, frame.bytes.length)
    const stored = recorder.bytes.append(frame.bytes, keep)
    const event = packetOf(frame, said, payload, stored.at, stored.kept)
    if (frame.sec !== undefined) {
      const passed = recorder.at(running.clock.steady(frame.sec, frame.ns))
      event.at = Math.max(0, Math.min(now, Math.floor(passed)))
    }
    event.interface ??= state.interface
    recorder.push(event)
  }

  private tell(running: Running, now: number, last = false): void {
    const { untold } = running
    if (untold.packets === 0 || (!last && now - untold.at < TELL_MS * 1000)) return
    running.recorder.push({ k: 'capture', what: 'left-out', packets: untold.packets, bytes: untold.bytes, why: 'limit' })
    running.untold = { packets: 0, bytes: 0, at: now }
  }

  /** Settles when what has passed by now was delivered: a datagram of ours, sent now, has come through. */
  private async passed(running: Running): Promise<void> {
    const socket = createSocket('udp4')
    let again: NodeJS.Timeout | undefined
    let limit: NodeJS.Timeout | undefined
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject)
        socket.bind(0, '127.0.0.1', resolve)
      })
      const { port } = socket.address()
      const send = () => socket.send('.', port, '127.0.0.1')
      await Promise.race([
        new Promise<void>((resolve) => {
          running.mark = { port, passed: resolve }
          // on another interface than loopback the mark is not seen, and one wait is as long as a busy link needs
          if (running.loopback || running.state.interface === 'any') send()
          again = setInterval(() => (running.loopback || running.state.interface === 'any' ? send() : resolve()), MARK_MS)
        }),
        running.process.ended,
        new Promise<void>((resolve) => (limit = setTimeout(resolve, LAST_WORD_MS))),
      ])
    } catch {
      // no loopback datagram can be sent: then a moment must do
      await new Promise((resolve) => setTimeout(resolve, MARK_MS))
    } finally {
      running.mark = undefined
      clearInterval(again)
      clearTimeout(limit)
      socket.close()
    }
  }

  /** Once, whoever comes first: its own end or a stop. */
  private finish(running: Running, end: CaptureEnd): Promise<void> {
    running.over ??= (async () => {
      running.untap()
      const { state, recorder } = running
      this.tell(running, recorder.now(), true)
      if (end.dropped) {
        state.leftOut.kernel = end.dropped
        recorder.push({ k: 'capture', what: 'left-out', packets: end.dropped, why: 'kernel' })
      }
      recorder.push({ k: 'capture', what: 'stop', interface: state.interface, packets: state.packets, bytes: state.bytes, ...(end.error ? { error: end.error.message } : {}) })
      recorder.flush()
      if (this.running === running) this.running = undefined
    })()
    return running.over
  }
}
