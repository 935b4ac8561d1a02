/**
 * Who may talk to the browser edition. The server listens on loopback only, but any web page the person visits can make
 * the browser send requests there, and so can any program of any user of this machine. Hence:
 * - Host must name this server: a page of another name that resolves to 127.0.0.1 (DNS rebinding) is refused;
 * - Origin, where the browser sends it, must be this server's;
 * - a one-time token, printed for the person, becomes a session cookie; without the cookie nothing is served.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

export type Refusal = { status: number; reason: string }

const same = (a: string, b: string): boolean => {
  const x = Buffer.from(a)
  const y = Buffer.from(b)
  return x.length === y.length && timingSafeEqual(x, y)
}

export class Access {
  readonly #hosts: Set<string>
  /** Cookies do not tell ports apart (RFC 6265 section 8.5), so that the name does: several labs may run at once. */
  readonly #cookie: string
  readonly #session = randomBytes(24).toString('base64url')
  #token: string | undefined = randomBytes(24).toString('base64url')

  constructor(readonly port: number) {
    this.#hosts = new Set([`127.0.0.1:${port}`, `localhost:${port}`])
    this.#cookie = `socketscope-${port}`
  }

  /** The address with its token. Throws once the token is used: there is no second one. */
  get url(): string {
    if (!this.#token) throw new Error('the one-time address was used already')
    return `http://127.0.0.1:${this.port}/?token=${this.#token}`
  }

  /** Host and Origin; undefined when both are ours. An upgrade must carry an Origin: every browser sends one. */
  checkOrigin(request: IncomingMessage, upgrade: boolean): Refusal | undefined {
    const host = request.headers.host
    if (host === undefined || !this.#hosts.has(host)) return { status: 421, reason: 'this server answers only to its own address' }
    const { origin } = request.headers
    if (origin === undefined ? upgrade : origin !== `http://${host}`) return { status: 403, reason: 'requests from other sites are refused' }
    return undefined
  }

  /** Whether the request carries the session's cookie. */
  hasSession(request: IncomingMessage): boolean {
    return (request.headers.cookie ?? '').split(';').some((pair) => {
      const [name, value] = pair.trim().split('=', 2)
      return name === this.#cookie && value !== undefined && same(value, this.#session)
    })
  }

  /** Takes the token: the Set-Cookie value that opens the session, or undefined for a wrong or used one. */
  redeem(token: string): string | undefined {
    if (!this.#token || !same(token, this.#token)) return undefined
    this.#token = undefined
    return `${this.#cookie}=${this.#session}; HttpOnly; SameSite=Strict; Path=/`
  }
}
