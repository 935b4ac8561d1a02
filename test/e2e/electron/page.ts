/** What tests do inside the desktop app's page: through the bridge that the page itself uses. */
import type { Page } from 'playwright-core'
import type { FromEngine, Method } from '../../../src/shared/contract/contract'
import type { DesktopBridge } from '../../../src/shared/contract/host'

/** Asks the engine over a port of its own; `close` leaves no client behind. */
export function askEngine(page: Page, method: Method, params: object): Promise<FromEngine> {
  return page.evaluate(async ([ask, with_]) => {
    const bridge = (window as unknown as { socketscope: DesktopBridge }).socketscope
    const port = await new Promise<MessagePort>((done) => {
      const take = (event: MessageEvent): void => {
        if (event.source !== window || event.data !== 'socketscope:engine-port' || !event.ports[0]) return
        removeEventListener('message', take)
        done(event.ports[0])
      }
      addEventListener('message', take)
      bridge.connect()
    })
    return new Promise<FromEngine>((done) => {
      port.onmessage = (event: MessageEvent<FromEngine>) => {
        // pushes may come first
        if (!('id' in event.data)) return
        port.close()
        done(event.data)
      }
      port.postMessage({ id: 1, method: ask, params: with_ })
    })
  }, [method, params] as const)
}
