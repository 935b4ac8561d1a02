/**
 * Where a server listens and a client connects: a host and a port, or a path (AF_UNIX). The parameters of both, and what
 * stands for them in their twins.
 */
import { lstatSync, unlinkSync } from 'node:fs'
import { isIP } from 'node:net'
import type { Param, ParamValues } from '../../shared/contract/params'
import type { LabError } from '../../shared/result'
import type { Family, SockAddr } from '../../shared/trace/events'
import { errnoOf } from './errors'
import { OsError, type Sys } from './program'
import { familyOf, pythonFamily } from './resolve'

export const endpointParams = {
  /** auto: what `host` is; unix: `path` instead of host and port */
  family: { kind: 'choice', default: 'auto', choices: ['auto', 'inet', 'inet6', 'unix'] },
  path: { kind: 'text', default: '', maxBytes: 4096, optional: true },
} as const satisfies Record<string, Param>

type Endpoint = ParamValues<typeof endpointParams> & { host: string; port: number }

/** A path is for unix alone, which needs one. */
export function checkEndpoint(p: Endpoint): LabError | undefined {
  if (p.family === 'unix') {
    if (p.path === '') return { code: 'INVALID', field: 'path', message: 'path must not be empty with family unix: give a path such as /tmp/lab.sock' }
    if (p.path.includes('\0')) return { code: 'INVALID', field: 'path', message: 'path must not hold a NUL character' }
    return undefined
  }
  if (p.path !== '') return { code: 'INVALID', field: 'path', message: 'path is for family unix: leave it out, or set family to unix' }
  const literal = isIP(p.host.split('%')[0]!)
  const fits = p.family === 'auto' || literal === 0 || literal === (p.family === 'inet6' ? 6 : 4)
  return fits ? undefined : { code: 'INVALID', field: 'family', message: `family ${p.family} does not fit the address ${p.host}` }
}

export const endpointFamily = (p: Endpoint): Family => (p.family === 'auto' ? familyOf(p.host) : p.family)

export const endpointAddress = async (sys: Sys, p: Endpoint): Promise<SockAddr> =>
  (p.family === 'unix' ? { family: 'unix', path: p.path } : sys.resolve(p.host, p.port, p.family === 'inet6' ? 'inet6' : undefined))

/** The constants of a twin, and whether it is the twin's Unix form. */
export function endpointConstants(p: Endpoint): { FAMILY: string; HOST: string; PORT: number } | { FAMILY: string; PATH: string } {
  if (p.family === 'unix') return { FAMILY: 'socket.AF_UNIX', PATH: p.path }
  return { FAMILY: p.family === 'inet6' ? 'socket.AF_INET6' : pythonFamily(p.host), HOST: p.host, PORT: p.port }
}

/** What a client says of where it is connected, as its twin prints it. */
export const endpointName = (p: Endpoint): string => (p.family === 'unix' ? p.path : `${p.host} port ${p.port}`)

/**
 * Removes the path of a server that ended without removing it: a socket at which nobody answers. A living server's path and
 * other files stay, and bind() then says EADDRINUSE.
 */
export async function removeStale(sys: Sys, path: string): Promise<void> {
  if (!isSocket(path)) return
  const probe = await sys.socket('unix', 'stream')
  try {
    await probe.connect({ family: 'unix', path })
  } catch (error) {
    if (errnoOf(error) === 'ECONNREFUSED') removePath(path)
    else throw error
  } finally {
    await probe.close()
  }
}

/** os.unlink(). Throws an OsError of 'unlink'. */
export function removePath(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    throw new OsError((error as NodeJS.ErrnoException).code ?? 'EIO', 'unlink', { path })
  }
}

function isSocket(path: string): boolean {
  try {
    return lstatSync(path).isSocket()
  } catch {
    // no such file, or none that may be looked at: bind() tells
    return false
  }
}
