/**
 * What runs in the page before its own scripts: ipcRenderer and contextBridge for the built preload, and the page's half of
 * the port bridge. It is sent as text, so it uses nothing from outside itself.
 */

/** Which document speaks, and when it began (ms since the epoch): a last word of one that is gone may come late. */
export interface Document { id: string; began: number }

/** What the page's half tells main. Bytes travel as { $bytes: base64 }. */
export type FromPage = { document: Document } & (
  | { type: 'ipc'; channel: string; args: unknown[] }
  | { type: 'port'; port: number; data: unknown }
  | { type: 'port-closed'; port: number })

/** What main tells the page's half. */
export type ToPage =
  | { type: 'ipc'; channel: string; args: unknown[]; ports: number[] }
  | { type: 'port'; port: number; data: unknown }
  | { type: 'port-closed'; port: number }

export interface PageHalf { id: string; receive(message: ToPage): void }

type Electron = { ipcRenderer: object; contextBridge: object }

export function pageHalf(binding: string, key: string, preload: (require: (name: string) => unknown, module: object, exports: object) => void): void {
  // the preload of a window runs in its top frame only
  if (window.top !== window) return
  const globals = window as unknown as Record<string, unknown>
  const send = globals[binding] as (message: FromPage) => Promise<void>
  const document: Document = { id: crypto.randomUUID(), began: performance.timeOrigin }
  const listeners = new Map<string, ((event: { ports: MessagePort[] }, ...args: unknown[]) => void)[]>()
  const ports = new Map<number, MessagePort>()

  const encode = (value: unknown): unknown => {
    if (value instanceof Uint8Array) {
      let binary = ''
      for (let i = 0; i < value.length; i += 0x8000) binary += String.fromCharCode(...value.subarray(i, i + 0x8000))
      return { $bytes: btoa(binary) }
    }
    if (Array.isArray(value)) return value.map(encode)
    if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, encode(part)]))
    return value
  }
  const decode = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(decode)
    if (typeof value !== 'object' || value === null) return value
    const { $bytes } = value as { $bytes?: unknown }
    if (typeof $bytes === 'string') return Uint8Array.from(atob($bytes), (letter) => letter.charCodeAt(0))
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, decode(part)]))
  }

  const openPort = (port: number): MessagePort => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = (event) => void send({ document, type: 'port', port, data: encode(event.data) })
    port1.addEventListener('close', () => void send({ document, type: 'port-closed', port }))
    ports.set(port, port1)
    return port2
  }

  const half: PageHalf = {
    id: document.id,
    receive(message) {
      if (message.type === 'ipc') {
        const event = { ports: message.ports.map(openPort) }
        for (const listener of listeners.get(message.channel) ?? []) listener(event, ...message.args.map(decode))
      } else if (message.type === 'port') {
        ports.get(message.port)?.postMessage(decode(message.data))
      } else {
        ports.get(message.port)?.close()
        ports.delete(message.port)
      }
    },
  }
  Object.defineProperty(window, key, { value: half, enumerable: false })

  /** contextBridge copies plain data and functions and nothing else. */
  const bridged = (value: unknown): unknown => {
    if (typeof value === 'function') return (...args: unknown[]): unknown => (value as (...args: unknown[]) => unknown)(...args)
    if (typeof value === 'object' && value !== null) {
      if (Object.getPrototypeOf(value) !== Object.prototype && !Array.isArray(value)) throw new Error('contextBridge: only plain objects can cross')
      return Object.freeze(Object.fromEntries(Object.entries(value).map(([name, part]) => [name, bridged(part)])))
    }
    return value
  }
  const electron: Electron = {
    ipcRenderer: {
      send: (channel: string, ...args: unknown[]) => void send({ document, type: 'ipc', channel, args: args.map(encode) }),
      on: (channel: string, listener: (event: { ports: MessagePort[] }, ...args: unknown[]) => void) => {
        listeners.set(channel, [...(listeners.get(channel) ?? []), listener])
      },
    },
    contextBridge: {
      exposeInMainWorld: (name: string, api: unknown) => {
        if (name in window) throw new Error(`contextBridge: ${name} is there already`)
        Object.defineProperty(window, name, { value: bridged(api), enumerable: true })
      },
    },
  }
  const require = (name: string): unknown => {
    // what a sandboxed preload may load
    if (name === 'electron' || name === 'electron/renderer') return electron
    throw new Error(`module not found: ${name}`)
  }
  const module = { exports: {} }
  preload(require, module, module.exports)
}
