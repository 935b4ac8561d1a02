/**
 * One running tcpdump or dumpcap, and the packets that it writes to its pipe.
 *
 * It never outlives the lab: on POSIX a shell of three lines stands between, which holds the other end of a pipe of ours
 * and ends the tool, by its pid, as soon as that pipe closes - on stop, and also when the engine's thread dies or the
 * whole process is killed. On Windows the tool ends when its output has no reader.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import type { CapturedFrame } from '../../shared/pcap/format'
import { CaptureFormatError } from '../../shared/pcap/format'
import { CaptureReader } from '../../shared/pcap/reader'
import { fail, ok, type LabError, type Result } from '../../shared/result'
import { argsOf, droppedByKernel, whyNot, type CaptureTool } from './capture-tool'

/** A tool that has not begun by then never will, ms; Windows' driver takes some seconds the first time. */
const BEGIN_LIMIT = 15_000
/** A tool that has not ended by itself by then is killed, ms. */
const END_LIMIT = 3000
/** What is kept of its words, UTF-16 units. */
const WORDS = 8192

const GUARD = [
  'exec 3<&0',
  '"$@" 3<&- </dev/null & tool=$!',
  '{ read -r _ <&3; kill "$tool"; } >/dev/null 2>&1 & guard=$!',
  'exec 3<&-',
  'wait "$tool"; status=$?',
  'kill "$guard" 2>/dev/null',
  'exit $status',
].join('\n')

export interface CaptureEnd {
  /** why it ended by itself; absent: it was stopped */
  error?: LabError
  /** packets for which the kernel had no room; undefined: the tool did not say */
  dropped: number | undefined
}

export class CaptureProcess {
  /** settles when it has ended and everything it wrote was read */
  readonly ended: Promise<CaptureEnd>
  private readonly reader = new CaptureReader()
  private words = ''
  private stopped = false
  private began: (() => void) | undefined
  private broken: LabError | undefined
  private readonly child: ChildProcess

  private constructor(private readonly tool: CaptureTool, args: readonly string[], private readonly onFrame: (frame: CapturedFrame) => void) {
    this.child = process.platform === 'win32'
      ? spawn(tool.path, args, { stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true })
      : spawn('/bin/sh', ['-c', GUARD, 'sh', tool.path, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
    this.child.stdout!.on('data', (piece: Buffer) => this.take(piece))
    this.child.stderr!.on('data', (text: Buffer) => (this.words = (this.words + text.toString()).slice(-WORDS)))
    // the tool may be gone before we close the pipe
    this.child.stdin?.on('error', () => {})
    this.ended = new Promise((resolve) => {
      this.child.on('error', (error) => {
        this.broken ??= { code: 'UNAVAILABLE', message: `${tool.name} could not be started: ${error.message}` }
        if (this.child.pid === undefined) resolve({ error: this.broken, dropped: undefined })
      })
      this.child.on('close', () => resolve(this.end()))
    })
  }

  /** Starts the tool. Settles when it captures, or with the reason why it does not. */
  static async start(
    tool: CaptureTool, on: string, except: readonly number[], onFrame: (frame: CapturedFrame) => void,
  ): Promise<Result<CaptureProcess>> {
    const capture = new CaptureProcess(tool, argsOf(tool, on, except), onFrame)
    let limit: NodeJS.Timeout | undefined
    const began = await Promise.race([
      new Promise<true>((resolve) => (capture.began = () => resolve(true))),
      capture.ended,
      new Promise<false>((resolve) => (limit = setTimeout(() => resolve(false), BEGIN_LIMIT))),
    ])
    clearTimeout(limit)
    if (began === true) return ok(capture)
    if (began === false) {
      await capture.stop()
      return fail({ code: 'UNAVAILABLE', message: `${tool.name} did not begin to capture within ${BEGIN_LIMIT / 1000} s` })
    }
    return fail(began.error ?? whyNot(tool, capture.words))
  }

  /** the process that the lab started; a test looks whether it is gone */
  get pid(): number | undefined {
    return this.child.pid
  }

  /** Ends the tool; settles when it is gone. */
  async stop(): Promise<CaptureEnd> {
    if (!this.stopped) {
      this.stopped = true
      if (this.child.stdin) this.child.stdin.end()
      else this.child.kill()
    }
    const limit = setTimeout(() => this.child.kill('SIGKILL'), END_LIMIT)
    const end = await this.ended
    clearTimeout(limit)
    return end
  }

  private take(piece: Buffer): void {
    if (this.broken) return
    try {
      this.reader.push(piece, this.onFrame)
    } catch (error) {
      if (!(error instanceof CaptureFormatError)) throw error
      this.broken = { code: 'UNAVAILABLE', message: `what ${this.tool.name} writes cannot be read: ${error.message}` }
    }
    const { damage } = this.reader
    if (damage) this.broken ??= { code: 'UNAVAILABLE', message: `what ${this.tool.name} writes cannot be read: ${damage.message}` }
    if (this.broken) void this.stop()
    // the head of its output comes once the interface is open
    if (this.reader.format !== undefined) {
      this.began?.()
      this.began = undefined
    }
  }

  private end(): CaptureEnd {
    const dropped = droppedByKernel(this.words)
    if (this.broken) return { error: this.broken, dropped }
    return this.stopped ? { dropped } : { error: whyNot(this.tool, this.words), dropped }
  }
}
