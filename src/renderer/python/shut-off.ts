/**
 * Takes from the worker every way out that a script of it would have: what Python may reach is the lab, through its module
 * and nothing else. Content policy forbids to make code out of text here, so what is gone cannot be made again.
 */
const WAYS_OUT = [
  'fetch', 'fetchLater', 'XMLHttpRequest', 'WebSocket', 'WebSocketStream', 'EventSource', 'WebTransport', 'Worker', 'SharedWorker', 'BroadcastChannel', 'importScripts',
  'indexedDB', 'caches', 'navigator', 'Notification', 'FileReaderSync', 'FontFace', 'fonts', 'RTCPeerConnection', 'RTCDataChannel', 'webkitRequestFileSystem',
  'webkitRequestFileSystemSync', 'webkitResolveLocalFileSystemURL', 'webkitResolveLocalFileSystemSyncURL', 'trustedTypes', 'cookieStore', 'locks', 'close', 'reportError',
  'postMessage', 'onmessage', 'onmessageerror', 'createImageBitmap', 'OffscreenCanvas', 'ImageData', 'PressureObserver',
]

export function shutOff(): void {
  for (const name of WAYS_OUT) {
    for (let holder: object | null = globalThis; holder !== null && holder !== EventTarget.prototype && holder !== Object.prototype; holder = Object.getPrototypeOf(holder) as object | null) {
      if (!Object.prototype.hasOwnProperty.call(holder, name)) continue
      // what cannot be deleted is hidden
      if (!Reflect.deleteProperty(holder, name)) Reflect.defineProperty(holder, name, { value: undefined, writable: false, configurable: false })
    }
  }
}
