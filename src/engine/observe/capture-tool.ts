/** The programs that capture: where they are, how they are asked, and what to do where this user may not. */
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { delimiter, join } from 'node:path'
import type { LabError } from '../../shared/result'

export interface CaptureTool {
  name: 'tcpdump' | 'dumpcap'
  path: string
}

/**
 * Bytes of each frame that are captured. A slot of the kernel's ring holds a frame of that size (packet(7), TPACKET_V2),
 * so that whole 64 KiB segments of loopback would leave few slots; headers and 15 KB of payload leave 4,000.
 */
export const SNAPLEN = 16_000
/** The kernel's buffer, MiB: what may pass while the lab is busy. */
const BUFFER_MIB = 64

/** Where they are found besides PATH: an ordinary user's does not have sbin, and Wireshark's installer does not add itself. */
const PLACES: Record<string, readonly string[]> = {
  linux: ['/usr/bin', '/usr/sbin', '/sbin', '/usr/local/bin', '/usr/local/sbin'],
  darwin: ['/usr/sbin', '/Applications/Wireshark.app/Contents/MacOS', '/opt/homebrew/bin', '/usr/local/bin'],
  win32: ['ProgramFiles', 'ProgramW6432', 'ProgramFiles(x86)'].flatMap((name) => (process.env[name] ? [join(process.env[name], 'Wireshark')] : [])),
}

/** Those that are on this machine, in the order in which they are tried: tcpdump hands packets on at once. */
export async function findTools(platform: string = process.platform, path: string = process.env.PATH ?? ''): Promise<CaptureTool[]> {
  const names = platform === 'win32' ? (['dumpcap'] as const) : (['tcpdump', 'dumpcap'] as const)
  const folders = [...path.split(delimiter).filter(Boolean), ...(PLACES[platform] ?? [])]
  const found: CaptureTool[] = []
  for (const name of names) {
    for (const folder of folders) {
      const file = join(folder, platform === 'win32' ? `${name}.exe` : name)
      // a link that leads nowhere, a folder that is not ours to look into: not there
      if (!(await access(file, constants.X_OK).then(() => true, () => false))) continue
      found.push({ name, path: file })
      break
    }
  }
  return found
}

/** What the system calls its loopback interface. */
export const LOOPBACK: Record<string, string> = { linux: 'lo', darwin: 'lo0', win32: '\\Device\\NPF_Loopback' }

/** TCP and UDP, without the ports that are never wanted. BPF cannot follow the lab's changing ports: the lab sorts those out itself. */
export function filterOf(except: readonly number[]): string {
  return ['(tcp or udp)', ...except.map((port) => `not (tcp port ${port})`)].join(' and ')
}

/** The arguments for a stream of packets on standard output. */
export function argsOf(tool: CaptureTool, on: string, except: readonly number[], platform: string = process.platform): string[] {
  const filter = filterOf(except)
  // -p: no promiscuous mode, what is for this machine is enough
  if (tool.name === 'dumpcap') return ['-q', '-p', '-i', on, '-s', String(SNAPLEN), '-B', String(BUFFER_MIB), '-w', '-', '-f', filter]
  const exact = platform === 'linux' ? ['--time-stamp-precision=nano'] : []
  return ['-i', on, '-n', '-p', '-U', '--immediate-mode', ...exact, '-s', String(SNAPLEN), '-B', String(BUFFER_MIB * 1024), '-w', '-', filter]
}

const NO_RIGHT = /permi(?:ssion|tted)|EPERM|EACCES|not have .*privilege|cannot open BPF|BIOCSETIF|Npcap.*(?:admin|denied)|Operation not allowed/i

/** What it says in any case. */
const CHATTER = /^(?:tcpdump: )?(?:listening on|verbose output|data link type|dropped privs|Capturing on|File: |\d+ packets? )/

/** Why the tool ended before it captured, from its own words. */
export function whyNot(tool: CaptureTool, words: string, platform: string = process.platform): LabError {
  const lines = words.split('\n').map((text) => text.trim()).filter((text) => text !== '' && !CHATTER.test(text))
  const line = lines.join(' ') || 'it said nothing'
  const detail = { tool: tool.name, path: tool.path, platform, user: userName(), said: line.slice(0, 300) }
  if (NO_RIGHT.test(words)) return { code: 'NO_RIGHT', message: `this user may not capture packets: ${howToAllow(tool, platform)}`, detail }
  return { code: 'UNAVAILABLE', message: `${tool.name} could not capture: ${line.slice(0, 300)}`, detail }
}

function howToAllow(tool: CaptureTool, platform: string): string {
  switch (platform) {
    case 'darwin': return 'install ChmodBPF, which comes with Wireshark, and log in again'
    case 'win32': return 'install Npcap without "Restrict driver\'s access to Administrators only"'
    default: return tool.name === 'dumpcap'
      ? `an administrator runs "usermod -aG wireshark ${userName()}", then log in again`
      : `an administrator runs "setcap cap_net_raw,cap_net_admin=eip ${tool.path}"`
  }
}

/** Nothing here captures. */
export function noTool(platform: string = process.platform): LabError {
  const get: Record<string, string> = {
    darwin: 'tcpdump belongs to macOS and is missing: install Wireshark',
    win32: 'install Wireshark with Npcap, and let Npcap capture loopback traffic',
  }
  return {
    code: 'NO_TOOL', message: `no program that captures packets was found: ${get[platform] ?? 'install tcpdump, or Wireshark\'s dumpcap'}`,
    detail: { platform },
  }
}

function userName(): string {
  try {
    return userInfo().username
  } catch {
    // an account without an entry in the system's list (containers): its number must do
    return String(process.getuid?.() ?? 'USER')
  }
}

/** How many packets the kernel had no room for, from the tool's last words; undefined where it does not say. */
export function droppedByKernel(words: string): number | undefined {
  const tcpdump = /(\d+) packets? dropped by kernel/.exec(words)
  if (tcpdump) return Number(tcpdump[1])
  const dumpcap = /Packets received\/dropped on interface .*?: \d+\/(\d+)/.exec(words)
  return dumpcap ? Number(dumpcap[1]) : undefined
}
