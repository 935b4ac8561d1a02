/** What a page in the desktop app cannot do. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchStandin, type Desktop } from '../../electron-standin/launch'

let desktop: Desktop

beforeAll(async () => { desktop = await launchStandin() })
afterAll(async () => { await desktop.stop() })

interface Answer { status: number; headers: Record<string, string>; body: string }
const request = (url: string, method = 'GET'): Promise<Answer> => desktop.command({ type: 'request', url, method }) as Promise<Answer>

describe('app://', () => {
  it('serves the page with the content policy, and every file with its type', async () => {
    const index = await request('app://lab/')
    expect(index.status).toBe(200)
    expect(index.headers['content-type']).toBe('text/html; charset=utf-8')
    const policy = index.headers['content-security-policy'] ?? ''
    expect(policy).toMatch(/^default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; /)
    for (const part of ["object-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"]) expect(policy).toContain(part)
    expect(policy).not.toMatch(/'unsafe-inline'|'unsafe-eval'|\*/)
    expect(index.headers['x-content-type-options']).toBe('nosniff')

    const [, script = ''] = /src="\.?(\/assets\/[^"]+\.js)"/.exec(index.body) ?? []
    expect((await request(`app://lab${script}`)).headers['content-type']).toBe('text/javascript; charset=utf-8')
  })

  it.each([
    'app://lab/../../../../../../../../etc/passwd',
    'app://lab/..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd',
    'app://lab/%2e%2e/%2e%2e/%2e%2e/package.json',
    'app://lab/%2e%2e%2f%2e%2e%2fpackage.json',
    'app://lab/..%5c..%5cpackage.json',
    'app://lab/..\\..\\package.json',
    'app://lab/assets/../../../package.json',
    'app://lab/%252e%252e%252fpackage.json',
    'app://lab//etc/passwd',
    'app://lab/%2fetc%2fpasswd',
    'app://lab/C:%5cWindows%5cwin.ini',
    'app://lab/index.html%00.js',
    'app://lab/index.html::$DATA',
    'app://lab/.',
    'app://lab/%',
    'app://lab/opened/1',
    'app://lab/../main/index.js',
    'app://lab/%2e%2e/main/index.js',
    'app://other/index.html',
    'app://lab.evil/index.html',
    'app://etc/passwd',
  ])('refuses %s', async (url) => {
    const { status, body } = await request(url)
    expect(body).not.toMatch(/root:|"name"|EngineHost/)
    // some are the page's own address once the URL is parsed: a leading `..` has nowhere to go
    if (status === 200) expect(body).toContain('<title>Socketscope')
    else expect(status).toBe(404)
  })

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('refuses %s', async (method) => {
    expect((await request('app://lab/', method)).status).toBe(405)
  })
})

describe('a page', () => {
  it('opens no window', async () => {
    await desktop.page.evaluate(() => void window.open('https://example.com/out'))
    expect((await desktop.reported('window-open')).action).toBe('deny')
    await expect.poll(() => desktop.page.context().pages().length).toBe(1)
  })

  it.each(['https://example.com/away', 'http://127.0.0.1:9/away'])('does not leave for %s', async (url) => {
    const before = desktop.page.url()
    await desktop.page.evaluate((to) => { location.href = to }, url)
    expect((await desktop.reported('navigation', (navigation) => navigation.url === url)).prevented).toBe(true)
    expect(desktop.page.url()).toBe(before)
    expect(await desktop.page.evaluate(() => document.title)).toContain('Socketscope')
  })

  it('attaches no webview', async () => {
    expect(await desktop.command({ type: 'attach-webview' })).toEqual({ prevented: true })
  })

  it('is granted nothing but to write the clipboard', async () => {
    const decided = desktop.reports.flatMap((report) => (report.type === 'permission' ? [[report.permission, report.granted]] : []))
    expect(Object.fromEntries(decided)).toEqual({
      geolocation: false, notifications: false, camera: false, microphone: false, midi: false, 'clipboard-read': false, 'clipboard-write': true,
    })
    expect(await desktop.page.evaluate(async () => (await navigator.permissions.query({ name: 'geolocation' })).state)).toBe('denied')
  })

  it('cannot embed, load or reach anything of another origin', async () => {
    const expected = ['connect-src', 'script-src-elem', 'img-src', 'frame-src', 'script-src']
    const refused = await desktop.page.evaluate(async (directives) => {
      const violated = new Set<string>()
      // resolves when each has been refused; a policy that lets one pass lets the test time out
      const all = new Promise<void>((done) => addEventListener('securitypolicyviolation', (event) => {
        violated.add(event.effectiveDirective)
        if (directives.every((directive) => violated.has(directive))) done()
      }))
      const script = (fields: object): HTMLScriptElement => Object.assign(document.createElement('script'), fields)
      document.body.append(
        script({ src: 'https://example.com/a.js' }),
        script({ textContent: 'window.injected = true' }),
        Object.assign(document.createElement('img'), { src: 'https://example.com/a.png' }),
        Object.assign(document.createElement('iframe'), { src: 'https://example.com/' }),
      )
      const reached = await fetch('https://example.com/').then(() => true, () => false)
      // DevTools lifts the ban on eval while it evaluates this itself; a timer's turn is the page's own
      await new Promise((done) => setTimeout(done))
      let evaluated = true
      try { Reflect.construct(Function, ['window.injected = true'])() } catch { evaluated = false }
      await all
      return { reached, evaluated, injected: 'injected' in window }
    }, expected)
    expect(refused).toEqual({ reached: false, evaluated: false, injected: false })
  })

  it('saves a session through the system\'s dialog, and no other kind of file', async () => {
    const save = (name: string): Promise<void> => desktop.page.evaluate((filename) => {
      const link = document.createElement('a')
      link.href = URL.createObjectURL(new Blob(['session']))
      link.download = filename
      link.click()
    }, name)
    await save('lesson.socketscope')
    expect(await desktop.reported('download', ({ filename }) => filename === 'lesson.socketscope'))
      .toMatchObject({ prevented: false, dialog: { defaultPath: 'lesson.socketscope' } })
    await save('run-me.exe')
    expect(await desktop.reported('download', ({ filename }) => filename === 'run-me.exe')).toMatchObject({ prevented: true })
  })
})

describe('a message to main', () => {
  it.each([
    ['a foreign page', { url: 'https://evil.example/' }],
    ['a page that looks like ours', { url: 'app://lab.evil/' }],
    ['our name in another scheme', { url: 'https://lab/' }],
    ['a file', { url: 'file:///app://lab/' }],
    ['a frame inside our page', { url: 'app://lab/', child: true }],
    ['a frame that is gone', { url: null }],
  ])('from %s is not answered', async (_who, sender) => {
    for (const channel of ['engine-port', 'open-file']) {
      expect(await desktop.command({ type: 'ipc', channel, ...sender })).toEqual([])
    }
  })

  it('from our page is', async () => {
    expect(await desktop.command({ type: 'ipc', channel: 'engine-port', url: 'app://lab/' })).toEqual(['engine-port'])
  })
})
