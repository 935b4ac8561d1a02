/** The two ways to the engine: a WebSocket (browser edition) and a MessagePort (Electron). Nothing else knows them. */
import { Packr } from 'msgpackr'
import { ENGINE_PORT_MESSAGE, ENGINE_SOCKET_PATH } from '../../shared/contract/host'
import type { FromEngine, ToEngine } from '../../shared/contract/contract'

export interface Transport {
  send(message: ToEngine): void
  close(): void
}

export interface TransportEvents {
  open(): void
  message(message: FromEngine): void
  /** once, whether or not it ever opened */
  close(): void
}

export type OpenTransport = (events: TransportEvents) => Transport

export const webSocketTransport: OpenTransport = (events) => {
  // copies: a frame's buffer must not stay alive for one small slice of it
  const codec = new Packr({ useRecords: false, copyBuffers: true })
  const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${ENGINE_SOCKET_PATH}`)
  socket.binaryType = 'arraybuffer'
  socket.onopen = () => events.open()
  socket.onmessage = (event) => events.message(codec.unpack(new Uint8Array(event.data as ArrayBuffer)) as FromEngine)
  socket.onclose = () => events.close()
  return {
    send: (message) => {
      // msgpackr hands out a view of its shared pool: send copies it at once
      if (socket.readyState === WebSocket.OPEN) socket.send(codec.pack(message))
    },
    close: () => socket.close(),
  }
}

export const desktopTransport: OpenTransport = (events) => {
  let port: MessagePort | undefined
  const take = (event: MessageEvent): void => {
    const [given] = event.ports
    if (event.source !== window || event.data !== ENGINE_PORT_MESSAGE || !given) return
    window.removeEventListener('message', take)
    port = given
    given.onmessage = (message) => events.message(message.data as FromEngine)
    given.addEventListener('close', () => events.close(), { once: true })
    given.start()
    events.open()
  }
  window.addEventListener('message', take)
  window.socketscope?.connect()
  return {
    send: (message) => port?.postMessage(message),
    close: () => {
      window.removeEventListener('message', take)
      port?.close()
    },
  }
}

export const openTransport: OpenTransport = (events) => (window.socketscope ? desktopTransport(events) : webSocketTransport(events))
