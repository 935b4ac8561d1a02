/** The built product on Windows' node (under Wine): real sockets of Winsock on one side, python3 and a browser on the other. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchChromium } from '../lib/chromium'
import { openLab, sayHello } from '../lib/lab-page'
import { startAppOnWindows, startOnWindows } from '../wine/product'
import { WINE_RUNS_HERE } from '../wine/windows'

async function python(code: string): Promise<string> {
  const child = spawn('python3', ['-c', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => { text += part })
  await once(child, 'close')
  return text.trim()
}

describe.runIf(WINE_RUNS_HERE)('the command line on Windows', () => {
  it.each(['iterative', 'threads', 'pool', 'poll'])('a TCP server (%s) and python3', async (model) => {
    const server = await startOnWindows('lab.js', ['tcp-server', '--port', '0', '--model', model])
    try {
      const [, port] = await server.says(/listening on 127\.0\.0\.1:(\d+)/)
      expect(await python(`import socket
s = socket.create_connection(('127.0.0.1', ${port})); s.sendall(b'hello'); print(s.recv(10)); s.shutdown(1); print(s.recv(10))`)).toBe("b'ACK'\nb''")
      await server.says(/sent b'hello'/)
    } finally {
      await server.stop()
    }
  })

  it('a UDP server and python3', async () => {
    const server = await startOnWindows('lab.js', ['udp-server', '--port', '0'])
    try {
      const [, port] = await server.says(/127\.0\.0\.1:(\d+)/)
      expect(await python(`import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(20); s.sendto(b'hello', ('127.0.0.1', ${port})); print(len(s.recv(100)) > 0)`)).toBe('True')
    } finally {
      await server.stop()
    }
  })
})

describe.runIf(WINE_RUNS_HERE)('the browser edition on Windows', () => {
  let browser: Browser
  beforeAll(async () => { browser = await launchChromium() })
  afterAll(() => browser.close())

  it('a server and a client of the TCP page say hello, and the session is kept under its Windows path', async () => {
    const app = await startAppOnWindows()
    try {
      const lab = await openLab(browser, { app })
      await sayHello(lab)
      await lab.leave()
      const kept = readdirSync(app.dataDir, { recursive: true }).map(String).filter((name) => name.endsWith('.socketscope'))
      expect(kept).toHaveLength(1)
      expect(statSync(join(app.dataDir, kept[0]!)).size).toBeGreaterThan(1000)
    } finally {
      await app.stop()
    }
  })
})
