/** Python's queue.Queue: what one thread puts, another takes. Waiting in take() is no system call that the lab shows. */
import { OsError } from './program'

export class JobQueue<T> {
  private readonly jobs: T[] = []
  private readonly waiting: ((job: T) => void)[] = []

  put(job: T): void {
    const next = this.waiting.shift()
    if (next) next(job)
    else this.jobs.push(job)
  }

  /** The oldest job; waits for one. Rejects with CANCELLED when `signal` is aborted. */
  take(signal: AbortSignal): Promise<T> {
    if (signal.aborted) return Promise.reject(new OsError('CANCELLED', 'take'))
    const job = this.jobs.shift()
    if (job !== undefined) return Promise.resolve(job)
    return new Promise((resolve, reject) => {
      const give = (next: T): void => {
        signal.removeEventListener('abort', stop)
        resolve(next)
      }
      const stop = (): void => {
        this.waiting.splice(this.waiting.indexOf(give), 1)
        reject(new OsError('CANCELLED', 'take'))
      }
      this.waiting.push(give)
      signal.addEventListener('abort', stop, { once: true })
    })
  }
}
