/** The trace as a file: NDJSON, one event a line, the bytes of a call beside the range that names them. */
import { closeSync, openSync, writeSync } from 'node:fs'
import type { ByteRef, TraceEvent } from '../shared/trace/events'
import { UsageError } from './args'

/** Written out when this much has gathered, characters; what is left when the run ends. */
const GATHER = 64 * 1024

export class TraceFile {
  private readonly fd: number
  private gathered: string[] = []
  private size = 0
  /** why the file is not complete (a full disk); nothing is written after that */
  failed?: Error

  /** Begins the file anew. Throws a UsageError where it cannot. */
  constructor(private readonly path: string, private readonly bytesOf: (ref: ByteRef) => Uint8Array) {
    try {
      this.fd = openSync(path, 'w')
    } catch (error) {
      throw new UsageError(`--trace: cannot write '${path}': ${(error as NodeJS.ErrnoException).code}`)
    }
  }

  /** To be called while the event's bytes are still in the store. */
  write(event: TraceEvent): void {
    const line = `${JSON.stringify('data' in event && event.data ? { ...event, bytes: base64(this.bytesOf(event.data)) } : event)}\n`
    this.gathered.push(line)
    this.size += line.length
    if (this.size >= GATHER) this.flush()
  }

  close(): void {
    this.flush()
    closeSync(this.fd)
  }

  private flush(): void {
    const data = Buffer.from(this.gathered.join(''))
    this.gathered = []
    this.size = 0
    if (this.failed) return
    try {
      for (let at = 0; at < data.length;) at += writeSync(this.fd, data, at)
    } catch (error) {
      // in the midst of somebody's system call: the run goes on, and its end tells
      this.failed = new Error(`the trace file '${this.path}' is not complete: ${(error as Error).message}`)
    }
  }
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
