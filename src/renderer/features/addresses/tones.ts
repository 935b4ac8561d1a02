/** The colour of an address class: how far from home it is. The word stands beside it always. */
import type { AddressScope } from '../../../shared/contract/contract'

type Tone = 'plain' | 'good' | 'warn' | 'danger' | 'a' | 'b' | 'accent'

const TONES: Record<AddressScope, Tone> = {
  loopback: 'plain',
  'link-local': 'accent',
  private: 'good',
  'unique-local': 'good',
  shared: 'good',
  global: 'warn',
  multicast: 'a',
  broadcast: 'a',
  unspecified: 'plain',
  documentation: 'plain',
  reserved: 'plain',
}

export const toneOf = (scope: AddressScope): Tone => TONES[scope]
