/**
 * The lossy wire as a program: stands between any client and any server and plays a bad network, the same one again for
 * the same seed. UDP datagrams are lost, delayed, duplicated and reordered; TCP bytes are delayed and slowed down, and
 * nothing else, because that is all that TCP lets a bad network do to a program.
 */
import { program } from '../programs/program'
import { familyOf } from '../programs/resolve'
import { MAX_SEED } from './fates'
import { relayParams } from './params'
import { relayTcp } from './relay-tcp'
import { relayUdp } from './relay-udp'

export const relay = program({
  id: 'relay',
  params: { ...relayParams, seed: { kind: 'integer', default: 1, min: 0, max: MAX_SEED } },
  live: ['loss', 'delay', 'jitter', 'duplicate', 'reorder', 'rate'],
  check: (p) => (p['listen-host'] === p['to-host'] && p['listen-port'] === p['to-port']
    ? { code: 'INVALID', field: 'to-port', message: 'to-port must not be where the relay itself listens' } : undefined),
  twin: (p) => ({
    file: `relay-${p.proto}.py`,
    constants: {
      LISTEN_HOST: p['listen-host'], LISTEN_PORT: p['listen-port'], TO_HOST: p['to-host'], TO_PORT: p['to-port'],
      DELAY: p.delay, JITTER: p.jitter, RATE: p.rate, SEED: p.seed,
      ...(p.proto === 'udp' && { LOSS: p.loss, DUPLICATE: p.duplicate, REORDER: p.reorder }),
    },
  }),

  async main(sys, p) {
    const type = p.proto === 'udp' ? 'dgram' : 'stream'
    const listening = await sys.socket(familyOf(p['listen-host']), type)
    try {
      if (p.proto === 'udp') await relayUdp(sys, listening, p)
      else await relayTcp(sys, listening, p)
    } finally {
      await listening.close()
    }
  },
})
