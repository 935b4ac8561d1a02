/**
 * What hosts, the engine's worker and the page say to each other around the contract: how a UI gets its port, and how the
 * worker ends. The contract's own messages (ToEngine, FromEngine) then flow over that port.
 */

/** Given to the worker as its workerData. */
export interface EngineWorkerData {
  /** where sessions and settings are kept; the engine makes it when it is missing */
  dataDir: string
  /** the folder `resources` of the product (Python twins and the like) */
  resourcesDir: string
  /** the product's version */
  version: string
}

/** Host -> worker, over the worker's own port. `Port` is worker_threads.MessagePort (this file knows no Node). */
export type HostToWorker<Port> =
  /** a UI has come: ToEngine arrives and FromEngine leaves over `port`, as structured clones. Its close ends the client. */
  | { type: 'connect'; port: Port }
  | ({ type: 'take' } & HandedOver)
  /** stop every run, close every socket, flush every file, then exit */
  | { type: 'shutdown' }

/**
 * Browser edition: a connection whose upgrade the host has judged, and whose descriptor the engine reads and writes from now on.
 * The descriptor stays the host's to close, once the engine has given it back.
 */
export interface HandedOver { fd: number; headers: Record<string, string | string[] | undefined>; head: Uint8Array }
/** Worker -> host, over the worker's own port: nothing touches the descriptor any more. */
export type WorkerToHost = { type: 'done'; fd: number }

/** The browser edition's WebSocket: one binary frame is one ToEngine or FromEngine, encoded by msgpackr without records. */
export const ENGINE_SOCKET_PATH = '/engine'
/** The same for a guest: where it can be, the engine itself is at the other end of it. */
export const GUEST_SOCKET_PATH = '/engine/guest'

/** Electron: the channel on which the page asks for an engine port and on which main answers with it. */
export const ENGINE_PORT_CHANNEL = 'engine-port'
/** Electron: the channel on which main tells that the person opened a session file with the app. */
export const OPEN_FILE_CHANNEL = 'open-file'

/**
 * Electron: the preload passes the port on with window.postMessage (a MessagePort cannot cross contextBridge). The page
 * takes `event.ports[0]` of a message whose data equals this and whose `event.source` is the window itself.
 */
export const ENGINE_PORT_MESSAGE = 'socketscope:engine-port'

/** A session file that the person opened from the desktop; `url`, on the page's own origin, is readable with fetch(), once. */
export interface OpenedFile {
  name: string
  url: string
}

/** `window.socketscope`, there only in Electron. */
export interface DesktopBridge {
  /** asks for a (new) engine port; it comes as a message, see ENGINE_PORT_MESSAGE. Ask again when the port closes. */
  connect(): void
  /** files opened with the app, those from before the call included; call it once the page is ready */
  onOpenFile(listener: (file: OpenedFile) => void): void
}
