import * as dns from 'node:dns/promises'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { listInterfaces } from '../../../src/engine/observe/interfaces'
import { familyOf, pythonFamily, resolveHost } from '../../../src/engine/programs/resolve'

vi.mock('node:dns/promises', { spy: true })
beforeEach(() => { vi.clearAllMocks() })

describe('resolveHost', () => {
  it('takes addresses as they are', async () => {
    expect(await resolveHost('127.0.0.1', 9999)).toEqual({ family: 'inet', host: '127.0.0.1', port: 9999 })
    expect(await resolveHost('0.0.0.0', 0)).toEqual({ family: 'inet', host: '0.0.0.0', port: 0 })
    expect(await resolveHost('::1', 9999)).toEqual({ family: 'inet6', host: '::1', port: 9999 })
  })
  it('takes a zone by its number and by its name', async () => {
    const loopback = listInterfaces().find((i) => i.loopback && i.index > 0)
    expect(await resolveHost('fe80::1%7', 1)).toEqual({ family: 'inet6', host: 'fe80::1', port: 1, scope: 7 })
    if (process.platform === 'linux') expect(loopback).toBeDefined()
    if (loopback) expect(await resolveHost(`fe80::1%${loopback.name}`, 1)).toEqual({ family: 'inet6', host: 'fe80::1', port: 1, scope: loopback.index })
    await expect(resolveHost('fe80::1%nosuchinterface', 1)).rejects.toMatchObject({ errno: 'EAI_NONAME', syscall: 'getaddrinfo' })
  })
  it('asks the system for names, and means IPv4', async () => {
    expect(await resolveHost('localhost', 1)).toEqual({ family: 'inet', host: '127.0.0.1', port: 1 })
    await expect(resolveHost('no-such-host.invalid', 1)).rejects.toMatchObject({ errno: expect.stringMatching(/^EAI_(NONAME|AGAIN)$/) as string })
  })
  it('asks nobody for a name that is refused', async () => {
    const refused = vi.fn(() => ({ code: 'POLICY', message: 'the network would be asked', detail: { address: 'example.com' } }))
    await expect(resolveHost('example.com', 80, 'inet', refused)).rejects.toMatchObject({ errno: 'POLICY', syscall: 'getaddrinfo', detail: { host: 'example.com' } })
    expect(refused).toHaveBeenCalledWith('example.com')
    expect(dns.lookup).not.toHaveBeenCalled()
    // a numeric address is no name
    expect(await resolveHost('192.0.2.1', 80, 'inet', refused)).toMatchObject({ host: '192.0.2.1' })
    expect(await resolveHost('2001:db8::1', 80, 'inet6', refused)).toMatchObject({ host: '2001:db8::1' })
    expect(refused).toHaveBeenCalledTimes(1)
  })
  it('the family is known without asking', () => {
    expect(['::1', 'fe80::1%eth0', '127.0.0.1', 'localhost', ':'].map(familyOf)).toEqual(['inet6', 'inet6', 'inet', 'inet', 'inet'])
    expect([pythonFamily('::1'), pythonFamily('localhost')]).toEqual(['socket.AF_INET6', 'socket.AF_INET'])
  })
})
