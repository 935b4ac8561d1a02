/**
 * What an error means, for a person: what the operating system said, what that means here, and what to do next. The texts
 * are data (en.json, ja.json, ko.json), keyed by errno name, or by `ERRNO.syscall` where a call gives it its own meaning,
 * or by `ERRNO.syscall.unix` where a path does and `ERRNO.syscall.dgram` where UDP does, or by `LIMIT.name` of the limit.
 */
import { classify, formatEndpoint, parseAddress } from '../net/address'
import type { LabError } from '../result'
import type { Plain, SockAddr } from '../trace/events'

export interface Explanation {
  /** what the operating system (or the lab) said */
  said: string
  /** what it means here */
  means: string
  /** what to do next */
  next: string
}
/** `_words` holds what stands for a placeholder that nobody filled. */
export type Catalogue = Record<string, Partial<Explanation> & Record<string, string>>

export type Details = Record<string, string | number | undefined>

/** Puts details for {placeholders}; `words` stands in for what is missing, else the placeholder's own name. */
export function fill(text: string, details: Details, words: Record<string, string> = {}): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(details[name] ?? words[name] ?? name))
}

/** The catalogue's entry for an error; UNKNOWN where it has none. */
export function explain(catalogue: Catalogue, code: string, syscall: string | undefined, details: Details = {}): Explanation {
  const onPath = syscall && details.path !== undefined ? catalogue[`${code}.${syscall}.unix`] : undefined
  const onUdp = syscall && details.type === 'dgram' ? catalogue[`${code}.${syscall}.dgram`] : undefined
  const isPublic = code === 'POLICY' && (details.reason === 'public' || (typeof details.address === 'string' && isGlobal(details.address)))
  const entry = onPath ?? onUdp ?? (isPublic && syscall !== 'getaddrinfo' ? catalogue['POLICY.public'] : undefined) ?? (syscall ? catalogue[`${code}.${syscall}`] : undefined) ?? catalogue[code] ?? catalogue.UNKNOWN ?? {}
  const all: Details = { code, syscall, ...details }
  const words = catalogue._words as Record<string, string> | undefined
  const say = (text: string | undefined) => (text ? fill(text, all, words) : '')
  return { said: say(entry.said), means: say(entry.means), next: say(entry.next) }
}

export const explainError = (catalogue: Catalogue, error: LabError): Explanation =>
  explain(catalogue, error.code, error.syscall ?? error.limit, { message: error.message, field: error.field, limit: error.limit, ...error.detail })

function isGlobal(address: string): boolean {
  const bytes = parseAddress(address)?.bytes
  return bytes !== undefined && classify(bytes) === 'global'
}

function isAddr(value: Plain | undefined): value is SockAddr {
  return typeof value === 'object' && value !== null && 'family' in value
}

/** The placeholders that a failed call of the trace can fill: its address, port, path and numbers. */
export function detailsOfCall(args: Record<string, Plain>, fd: number | undefined, ends: { local?: SockAddr; remote?: SockAddr } = {}): Details {
  const address = Object.values(args).find(isAddr) ?? ends.remote ?? ends.local
  const details: Details = { fd }
  for (const [name, value] of Object.entries(args)) {
    if (typeof value === 'string' || typeof value === 'number') details[name] = value
  }
  if (!address) return details
  if (address.family === 'unix') return { ...details, address: address.path, path: address.path, endpoint: address.path }
  return { ...details, address: address.host, port: address.port, endpoint: formatEndpoint(address) }
}
