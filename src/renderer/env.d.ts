/// <reference types="vite/client" />
import type { DesktopBridge } from '../shared/contract/host'

declare global {
  interface Window {
    /** there only in Electron */
    socketscope?: DesktopBridge
  }
}
