import { describe, expect, it } from 'vitest'
import { parseArgs, UsageError } from '../../../src/cli/args'
import { help, list, usage } from '../../../src/cli/help'
import { programInfos } from '../../../src/engine/programs/index'

const programs = programInfos()
const ids = programs.map((p) => p.id)
const parse = (line: string) => parseArgs(line === '' ? [] : line.split(' '), programs)

describe('the command line', () => {
  it('fills in every default', () => {
    expect(parse('tcp-server')).toMatchObject({
      do: 'run', program: 'tcp-server', pace: { mode: 'run' }, scope: 'computer', allowPublic: false,
      params: { host: '127.0.0.1', port: 9999, behaviour: 'ack', model: 'threads', backlog: 5, reuseaddr: true, bufsize: 1024, onerror: 'continue' },
    })
  })

  it('takes every option, in both forms', () => {
    expect(parse('tcp-server --host=::1 --port 0 --behaviour upper --model iterative --backlog 1 --reuseaddr false --trace t.ndjson --capture t.pcapng --pace slow:20 --scope lab'))
      .toMatchObject({
        trace: 't.ndjson', capture: 't.pcapng', pace: { mode: 'slow', ms: 20 }, scope: 'lab', allowPublic: false,
        params: { host: '::1', port: 0, behaviour: 'upper', model: 'iterative', backlog: 1, reuseaddr: false },
      })
    expect(parseArgs(['tcp-client', '--send=--a=b\nc', '--recv', '0'], programs)).toMatchObject({ params: { send: '--a=b\nc', recv: 0 } })
    expect(parse('tcp-client --scope lab --allow-public --host 203.0.113.9')).toMatchObject({ scope: 'lab', allowPublic: true })
    // a flag without a value is on; a number may begin with its point
    expect(parse('multicast-member --bot --name Ann')).toMatchObject({ params: { bot: true, name: 'Ann', loopback: true } })
    expect(parse('multicast-member --name Ann --bot')).toMatchObject({ params: { bot: true } })
    expect(parse('multicast-member --bot false')).toMatchObject({ params: { bot: false } })
    expect(parse('udp-server --loss .5')).toMatchObject({ params: { loss: 0.5 } })
    expect(parseArgs(['tcp-client', '--send', ''], programs)).toMatchObject({ params: { send: '' } })
  })

  it.each([
    ['', `name a program: ${ids.join(', ')}; or: list, --help`],
    ['tcp-sever', `there is no program 'tcp-sever': the programs are ${ids.join(', ')}`],
    ['list all', "list takes no options, not 'all'"],
    ['tcp-server --prot 1', 'tcp-server has no option --prot: it has --host, --port'],
    ['tcp-server --__proto__ 1', 'tcp-server has no option --__proto__'],
    ['tcp-server port 1', "'port' is not an option: write --name value"],
    ['tcp-server --port', '--port needs a value: 0 to 65535'],
    ['tcp-server --port --model threads', '--port needs a value'],
    ['tcp-server --port 1 --port 2', '--port is given twice'],
    ['tcp-server --port abc', "--port must be a number from 0 to 65535, not 'abc'"],
    ['tcp-server --port 0x50', "--port must be a number from 0 to 65535, not '0x50'"],
    ['tcp-server --port 65536', '--port must be from 0 to 65535'],
    ['tcp-server --port -1', '--port must be from 0 to 65535'],
    ['tcp-server --port 80.5', '--port must be a whole number'],
    ['tcp-client --port 0', '--port must be from 1 to 65535'],
    ['tcp-server --behaviour shout', /^--behaviour must be one of: ack, echo, upper, discard.*; not 'shout'$/],
    ['tcp-server --model fork', /^--model must be one of: iterative, threads.*; not 'fork'$/],
    ['tcp-server --backlog many', '--backlog must be a number from 0 to 65535'],
    ['tcp-server --backlog 70000', '--backlog must be from 0 to 65535'],
    ['tcp-server --reuseaddr yes', "--reuseaddr must be true or false, not 'yes'"],
    ['tcp-server --host=', '--host must not be empty'],
    ['tcp-client --recv -5', '--recv must be from 0 to 1048576'],
    ['tcp-server --trace=', '--trace needs the name of a file'],
    ['tcp-server --capture=', '--capture needs the name of a file'],
    ['tcp-server --pace step', '--pace must be run or slow:MS with 1 to 60000 milliseconds'],
    ['tcp-server --pace slow:0', '--pace must be run or slow:MS with 1 to 60000 milliseconds'],
    ['tcp-server --pace slow', '--pace must be run or slow:MS'],
    ['tcp-client --allow-public', '--allow-public is for --scope lab: in the scope computer nothing leaves this computer'],
    ['tcp-client --scope lab --allow-public maybe', "--allow-public must be true or false, not 'maybe'"],
    ['tcp-server --scope internet', "--scope must be computer or lab, not 'internet'"],
  ])("'%s' is refused in one line", (line, message) => {
    const refused = (() => {
      try {
        return parse(line)
      } catch (error) {
        return error
      }
    })()
    expect(refused).toBeInstanceOf(UsageError)
    expect((refused as Error).message).toEqual(typeof message === 'string' ? expect.stringContaining(message) : expect.stringMatching(message))
    expect((refused as Error).message).not.toContain('\n')
  })
})

describe('help', () => {
  it('names every program, and every option with what it takes', () => {
    expect(list(programs).split('\n').map((line) => line.split(' ')[0])).toEqual(ids)
    expect(usage(programs)).toContain('[--pace run|slow:MS]')
    for (const program of programs) {
      for (const name of [...Object.keys(program.params), 'trace', 'capture', 'pace', 'scope', 'allow-public']) expect(help(program)).toMatch(new RegExp(`^  --${name} `, 'm'))
    }
    expect(help(programs[0]!)).toMatch(/--behaviour +ack\|echo\|upper\|discard\S* +default ack/)
  })
  it('is asked for with --help or -h, wherever it stands', () => {
    expect(parse('--help')).toEqual({ do: 'usage' })
    expect(parse('tcp-server --port 1 -h')).toEqual({ do: 'help', program: 'tcp-server' })
  })
})
