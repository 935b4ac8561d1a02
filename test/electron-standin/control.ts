/** The line between the stand-in's process and the test that started it (Node's IPC channel). */

/** What the stand-in reports. */
export type Report =
  /** the browser is there: its DevTools address, and the origin that app://lab has in it */
  | { type: 'ready'; devtools: string; origin: string }
  | { type: 'window'; webPreferences: Record<string, unknown>; bounds: { x?: number; y?: number; width?: number; height?: number }; shown: boolean }
  | { type: 'window-open'; url: string; action: 'allow' | 'deny' }
  | { type: 'navigation'; url: string; prevented: boolean }
  | { type: 'download'; url: string; filename: string; prevented: boolean; dialog: unknown }
  | { type: 'permission'; permission: string; granted: boolean }
  | { type: 'engine-ports'; open: number }
  | { type: 'done'; command: number; value: unknown }

/** What the test may make happen that a person or the system would. */
export type Command =
  /** a message from a frame of any address, as a page with our preload but not ours would send it */
  | { type: 'ipc'; channel: string; url: string | null; child?: boolean }
  | { type: 'second-instance'; argv: string[] }
  | { type: 'open-file'; path: string }
  /** a request to the app:// scheme exactly as written */
  | { type: 'request'; url: string; method: string }
  | { type: 'attach-webview' }
  | { type: 'close-window' }

export function report(message: Report): void {
  process.send?.(message)
}
