/**
 * The engine: one lab. It owns the kernel, the recorder, the policy and the sessions; UIs, scripts and tests ask it
 * through `request` (the contract) and hosts attach UIs with `connect`. Plain Node; it runs in a worker thread, and in
 * the CLI's own process.
 */
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import * as v from 'valibot'
import { contract, type EngineStatus, type Hello, type Method, type NetInterface, type Pace, type ResultOf, type Scope, type SessionInfo } from '../shared/contract/contract'
import { fail, ok, type LabError, type Result } from '../shared/result'
import type { SockAddr, SockId, Unstamped } from '../shared/trace/events'
import { Client, type ClientPort } from './client'
import { Guests } from './guest'
import { createKernel, type Kernel } from './kernel/kernel'
import type { Gate, Run, Sock, TraceSink } from './kernel/objects'
import type { RunEnd } from './kernel/process'
import { MachineNames } from './machine-names'
import { Captures } from './observe/capture'
import { CaptureFiles } from './observe/capture-save'
import { createConnectionTable } from './observe/connection-table'
import { readHosts } from './observe/hosts-file'
import { readInterfaces, watchInterfaces } from './observe/interfaces'
import { LIMITS } from './policy/limits'
import { checkName } from './policy/names'
import { PublicReach, type PublicMode } from './policy/public'
import { checkAccept, checkBind, checkConnect, checkSendto, hears, staysHere } from './policy/policy'
import { startProgram } from './programs-run'
import { createRecorder, type Recorder } from './recorder/recorder'
import type { Source } from './recorder/subscription'
import { Sessions } from './recorder/sessions'
import { handlers } from './requests'

const STATUS_MS = 500

export interface EngineOptions {
  /** the product's version */
  version: string
  /** where sessions are kept; absent: nothing is written (scripts) */
  dataDir?: string
  scope?: Scope
  /** what a program that reaches out to a public address is answered in the scope lab; by default the person is asked */
  publicAddresses?: PublicMode
}

export class Engine {
  readonly version: string
  readonly sessions: Sessions
  readonly clients = new Set<Client>()
  readonly names: MachineNames
  readonly captures: Captures
  readonly captureFiles: CaptureFiles
  readonly guests: Guests
  readonly publicReach: PublicReach
  kernel: Kernel | undefined
  kernelError: string | undefined
  interfaces: NetInterface[] = []
  scope: Scope
  private live: Recorder
  private readonly instance = randomUUID()
  private readonly closing = new AbortController()
  private readonly statusTimer: NodeJS.Timeout

  private constructor(private readonly options: EngineOptions) {
    this.version = options.version
    this.scope = options.scope ?? 'computer'
    this.sessions = new Sessions(options.dataDir)
    this.names = new MachineNames(this)
    this.captures = new Captures(this)
    this.captureFiles = new CaptureFiles(`Socketscope ${this.version}`)
    this.guests = new Guests(this)
    this.publicReach = new PublicReach({ mode: options.publicAddresses ?? 'ask', heard: () => this.clients.size > 0, changed: () => this.pushStatus() })
    this.live = this.newRecorder()
    this.statusTimer = setInterval(() => this.pushStatus(), STATUS_MS)
    this.statusTimer.unref()
  }

  static async create(options: EngineOptions): Promise<Engine> {
    const engine = new Engine(options)
    await engine.boot()
    return engine
  }

  get recorder(): Recorder {
    return this.live
  }

  get pace(): Pace {
    return this.kernel?.dispatcher.pacer.current ?? { mode: 'run' }
  }

  /** the lab's open sockets */
  get sockets(): ReadonlyMap<SockId, Sock> {
    return this.kernel?.dispatcher.sockets ?? new Map<SockId, Sock>()
  }

  get signal(): AbortSignal {
    return this.closing.signal
  }

  // ---- for hosts and scripts

  /** Attaches a UI. It is let go when its port closes. */
  connect(port: ClientPort): void {
    const client = new Client(this, port)
    this.clients.add(client)
  }

  /** One request of the contract, validated here. Never rejects. */
  async request<M extends Method>(method: M, params: unknown, client?: Client): Promise<Result<ResultOf<M>>> {
    if (!Object.hasOwn(contract, method)) return fail({ code: 'INVALID', field: 'method', message: `there is no request ${JSON.stringify(method)}` })
    const parsed = v.safeParse(contract[method].params, params)
    if (!parsed.success) return fail(invalid(parsed.issues))
    try {
      const handler = handlers[method] as (engine: Engine, params: unknown, client: Client | undefined) => Promise<Result<unknown>> | Result<unknown>
      return (await handler(this, parsed.output, client)) as Result<ResultOf<M>>
    } catch (e) {
      return fault(e)
    }
  }

  /** Starts a built-in program. */
  start(program: string, params: Record<string, unknown>): Result<{ run: Run; ended: Promise<RunEnd> }> {
    const ready = this.ready()
    if (!ready.ok) return ready
    const { processes } = ready.value
    if (processes.size >= LIMITS.runs) {
      return fail({ code: 'LIMIT', limit: 'runs', message: `the lab runs at most ${LIMITS.runs} programs at once: stop some first`, detail: { limit: LIMITS.runs } })
    }
    return startProgram(processes, program, params)
  }

  /** The kernel, or the one sentence that says why there is none. */
  ready(): Result<Kernel> {
    if (this.kernel) return ok(this.kernel)
    return fail({ code: 'UNAVAILABLE', message: this.kernelError ?? 'the lab is closing' })
  }

  /** The live session, or a stored one that is open. */
  source(session: string | undefined): Result<Source> {
    if (session === undefined || session === this.live.info().session) return ok(this.live)
    const stored = this.sessions.get(session)
    return stored ? ok(stored) : fail({ code: 'GONE', message: 'this session is not open: open it first' })
  }

  /** Sockets are sampled closely while any UI looks. */
  lookingChanged(): void {
    if (this.kernel) this.kernel.sampler.looking = [...this.clients].some((client) => client.looking)
  }

  setScope(scope: Scope): void {
    if (this.scope === scope) return
    this.scope = scope
    if (scope === 'computer') this.publicReach.forget()
    this.live.push({ k: 'scope', scope })
    void this.captures.check()
  }

  /** Ends every run. Settles when the last descriptor is closed. */
  async stopRuns(): Promise<void> {
    await this.kernel?.processes.stopAll()
  }

  /** Ends every run and begins an empty session. */
  async newSession(): Promise<SessionInfo> {
    await this.stopRuns()
    await this.captures.stop()
    const old = this.live
    this.live = this.newRecorder()
    await old.close()
    for (const client of this.clients) client.sessionEnded(old)
    return this.live.info()
  }

  hello(): Hello {
    return {
      app: this.version,
      instance: this.instance,
      platform: process.platform as Hello['platform'],
      hostname: hostname(),
      scope: this.scope,
      pace: this.pace,
      limits: { ...LIMITS },
      ...(this.kernelError === undefined ? {} : { kernelError: this.kernelError }),
      unavailable: this.kernel?.unavailable ?? ['sockets'],
      options: Object.entries(this.kernel?.native.table.options ?? {}).map(([name, o]) => ({ name, level: o.levelName })),
      live: this.live.info(),
    }
  }

  /** Closes every socket, flushes every file. */
  async close(): Promise<void> {
    this.closing.abort()
    clearInterval(this.statusTimer)
    await this.stopRuns()
    await this.captures.stop()
    await this.captureFiles.close()
    this.kernel?.close()
    this.names.close()
    for (const client of this.clients) client.close()
    await this.live.close()
    await this.sessions.close()
  }

  // ---- inside

  private async boot(): Promise<void> {
    try {
      this.kernel = await createKernel({ trace: this.sink(), gate: this.gate(), limits: LIMITS, table: createConnectionTable() })
      this.kernel.dispatcher.asking = this.publicReach
    } catch (e) {
      this.kernelError = `The socket library did not load, so nothing here can open a socket: ${e instanceof Error ? e.message : String(e)}`
    }
    this.interfaces = await readInterfaces()
    const changed = (interfaces: NetInterface[]) => {
      this.interfaces = interfaces
      for (const client of this.clients) client.push({ push: 'interfaces', interfaces })
    }
    watchInterfaces(changed, this.closing.signal, (e) => process.emitWarning(`the interfaces could not be read: ${String(e)}`))
  }

  private newRecorder(): Recorder {
    return createRecorder({
      ...(this.options.dataDir === undefined ? {} : { dataDir: this.options.dataDir }),
      header: { format: 'socketscope-session', version: 1, app: this.version, platform: process.platform as Hello['platform'], startedAt: new Date().toISOString() },
    })
  }

  /** the recorder of now: the kernel outlives its sessions */
  private sink(): TraceSink {
    const live = (): Recorder => this.live
    return {
      push: (event: Unstamped, at?: number) => this.live.push(event, at),
      get bytes() {
        return live().bytes
      },
    }
  }

  private gate(): Gate {
    const check = (f: (scope: Scope, address: SockAddr, interfaces: readonly NetInterface[]) => Result<unknown>) => (address: SockAddr): LabError | undefined => {
      const r = f(this.scope, address, this.interfaces)
      return r.ok ? undefined : r.error
    }
    // a public address is not refused outright in the scope lab: the person is asked
    const outward = (f: typeof checkConnect) => (address: SockAddr): LabError | undefined => {
      const error = check(f)(address)
      return error && this.scope === 'lab' && error.detail?.reason === 'public' ? { ...error, detail: { ...error.detail, ask: 'public' } } : error
    }
    const name = (asked: string): LabError | undefined => {
      const r = checkName({ scope: this.scope, hosts: readHosts(), interfaces: this.interfaces }, asked, 'getaddrinfo')
      return r.ok ? undefined : r.error
    }
    return {
      name, bind: check(checkBind), connect: outward(checkConnect), sendto: outward(checkSendto), accept: check(checkAccept),
      reached: (run, from) => this.scope === 'lab' && this.publicReach.reached(run, from),
      staysHere: (address) => staysHere(this.scope, address),
      hears: (from, group) => hears(this.scope, from, group, this.interfaces),
    }
  }

  private pushStatus(): void {
    if (this.clients.size === 0) return
    const status: EngineStatus = {
      ...this.live.status(),
      live: this.live.id,
      scope: this.scope,
      pace: this.pace,
      memory: process.memoryUsage.rss(),
      sockets: this.kernel?.dispatcher.sockets.size ?? 0,
      threads: this.kernel?.processes.threads.size ?? 0,
      ...(this.captures.state ? { capture: this.captures.state } : {}),
      ...(this.publicReach.asks.length ? { asks: this.publicReach.asks } : {}),
    }
    for (const client of this.clients) client.push({ push: 'status', status })
  }
}

/** An exception out of a request: a bug of ours. */
export function fault(e: unknown): { ok: false; error: LabError } {
  const error = e instanceof Error ? e : new Error(String(e))
  return fail({ code: 'INTERNAL', message: `a fault in Socketscope: ${error.message}`, detail: { stack: error.stack ?? '' } })
}

function invalid(issues: readonly v.BaseIssue<unknown>[]): LabError {
  const issue = issues[0]!
  const field = (issue.path ?? []).map((p) => String(p.key)).join('.')
  return { code: 'INVALID', field, message: field ? `${field}: ${issue.message}` : issue.message }
}
