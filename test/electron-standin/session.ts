import { EventEmitter } from 'node:events'
import type { Session as RealSession } from 'electron'

type RequestHandler = Parameters<RealSession['setPermissionRequestHandler']>[0]
type CheckHandler = Parameters<RealSession['setPermissionCheckHandler']>[0]
type DeviceHandler = Parameters<RealSession['setDevicePermissionHandler']>[0]

class Session extends EventEmitter {
  requestHandler: RequestHandler = null
  checkHandler: CheckHandler = null
  deviceHandler: DeviceHandler = null

  setPermissionRequestHandler(handler: RequestHandler): void {
    this.requestHandler = handler
  }
  setPermissionCheckHandler(handler: CheckHandler): void {
    this.checkHandler = handler
  }
  setDevicePermissionHandler(handler: DeviceHandler): void {
    this.deviceHandler = handler
  }
}

export const session = { defaultSession: new Session() }
