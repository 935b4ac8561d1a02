/** The two ways to the engine: a WebSocket (browser edition) and a MessagePort (Electron). Nothing else knows them. */
import { Packr } from 'msgpackr'
import { ENGINE_PORT_MESSAGE, ENGINE_SOCKET_PATH, GUEST_SOCKET_PATH } from '../../shared/contract/host'
import type { FromEngine, ToEngine } from '../../shared/contract/contract'
import { isFrame } from '../../shared/contract/guest-frame'

export interface Transport {
  /** @param message a Uint8Array is a frame (shared/contract/guest-frame.ts) with a buffer of its own */
  send(message: ToEngine | Uint8Array<ArrayBuffer>): void
  close(): void
}

export interface TransportEvents {
  open(): void
  message(message: FromEngine | Uint8Array): void
  /** once, whether or not it ever opened */
  close(): void
}

export type OpenTransport = (events: TransportEvents) => Transport

// a worker that runs Python takes the name away from its globals
const Socket = globalThis.WebSocket

const webSocket = (path: string): OpenTransport => (events) => {
  // copies: a frame's buffer must not stay alive for one small slice of it
  const codec = new Packr({ useRecords: false, copyBuffers: true })
  const socket = new Socket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${path}`)
  socket.binaryType = 'arraybuffer'
  socket.onopen = () => events.open()
  socket.onmessage = (event) => {
    const bytes = new Uint8Array(event.data as ArrayBuffer)
    events.message(isFrame(bytes) ? bytes : (codec.unpack(bytes) as FromEngine))
  }
  socket.onclose = () => events.close()
  return {
    send: (message) => {
      // msgpackr hands out a view of its shared pool: send copies it at once
      if (socket.readyState === Socket.OPEN) socket.send(message instanceof Uint8Array ? message : codec.pack(message))
    },
    close: () => socket.close(),
  }
}

export const webSocketTransport = webSocket(ENGINE_SOCKET_PATH)

/** Who has asked the desktop for a port and not got it yet: ports come in the order in which they were asked for. */
const awaited: ((port: MessagePort) => void)[] = []

function takePort(event: MessageEvent): void {
  const [given] = event.ports
  if (event.source !== window || event.data !== ENGINE_PORT_MESSAGE || !given) return
  // one that nobody here awaits was asked for by other means, and is theirs
  awaited.shift()?.(given)
}

/** Electron: asks for a port to the engine. The answer takes the question back. */
function requestPort(take: (port: MessagePort) => void): () => void {
  // the same listener is added once, however often
  window.addEventListener('message', takePort)
  awaited.push(take)
  window.socketscope?.connect()
  return () => {
    const at = awaited.indexOf(take)
    // the port comes all the same, and is closed then
    if (at >= 0) awaited[at] = (port) => port.close()
  }
}

/** A port that is there already: the transport of a worker that was given one. */
export const portTransport = (port: MessagePort): OpenTransport => (events) => {
  port.onmessage = (message) => events.message(message.data as FromEngine | Uint8Array)
  port.addEventListener('close', () => events.close(), { once: true })
  port.start()
  // as with the others, it opens after this has returned
  queueMicrotask(() => events.open())
  return { send: (message) => port.postMessage(message), close: () => port.close() }
}

export const desktopTransport: OpenTransport = (events) => {
  let transport: Transport | undefined
  const cancel = requestPort((port) => { transport = portTransport(port)(events) })
  return {
    send: (message) => transport?.send(message),
    close: () => {
      cancel()
      transport?.close()
    },
  }
}

/** What a worker of the page needs for a connection of its own: a port where the page has got to ask for one, else nothing. */
export function workerPort(): Promise<MessagePort | undefined> {
  return window.socketscope ? new Promise((resolve) => requestPort(resolve)) : Promise.resolve(undefined)
}

/** The transport of a worker: the port that the page gave it, else a WebSocket of its own. */
export const openWorkerTransport = (port: MessagePort | undefined): OpenTransport => (port ? portTransport(port) : webSocket(GUEST_SOCKET_PATH))

export const openTransport: OpenTransport = (events) => (window.socketscope ? desktopTransport(events) : webSocketTransport(events))
