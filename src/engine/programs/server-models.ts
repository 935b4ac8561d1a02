/** The four ways in which a server comes to serve several clients. Each loops until its listening socket fails. */
import type { SockAddr } from '../../shared/trace/events'
import type { Talk } from './behaviours'
import { JobQueue } from './job-queue'
import type { Socket, Sys } from './program'
import { begin, serve, turn, type ServerParams } from './serve'

export type ServerModel = (sys: Sys, server: Socket, p: ServerParams) => Promise<void>

/** One client after another: the others wait in the kernel's accept queue. */
async function iterative(sys: Sys, server: Socket, p: ServerParams): Promise<void> {
  for (;;) {
    const [conn, client] = await server.accept()
    await serve(sys, conn, client, p)
  }
}

/** A thread for each client. */
async function threads(sys: Sys, server: Socket, p: ServerParams): Promise<void> {
  for (let n = 1; ; n++) {
    const [conn, client] = await server.accept()
    sys.thread(serve, { name: `client ${n}`, args: [conn, client, p] })
  }
}

type Jobs = JobQueue<[Socket, SockAddr]>

async function worker(sys: Sys, jobs: Jobs, p: ServerParams): Promise<void> {
  for (;;) {
    const [conn, client] = await jobs.take(sys.signal)
    await serve(sys, sys.take(conn), client, p)
  }
}

/** As many threads as workers, made beforehand: accepted clients wait in the program's own queue. */
async function pool(sys: Sys, server: Socket, p: ServerParams): Promise<void> {
  const jobs: Jobs = new JobQueue()
  for (let n = 1; n <= p.workers; n++) sys.thread(worker, { name: `worker ${n}`, args: [jobs, p] })
  for (;;) jobs.put(await server.accept())
}

/** One thread that asks the kernel who is ready, and serves each for one turn. */
async function poll(sys: Sys, server: Socket, p: ServerParams): Promise<void> {
  const talks = new Map<Socket, Talk>()
  for (;;) {
    const ready = await sys.poll([server, ...talks.keys()].map((socket) => ({ socket, read: true })), null)
    for (const { socket } of ready) {
      const talk = talks.get(socket)
      if (talk) {
        if (!(await turn(sys, talk, p))) talks.delete(socket)
      } else {
        const [conn, client] = await server.accept()
        talks.set(conn, begin(sys, conn, client, p))
      }
    }
  }
}

export const models = { iterative, threads, pool, poll } satisfies Record<string, ServerModel>
