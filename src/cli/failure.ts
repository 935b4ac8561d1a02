/** Why a run failed, for a person at a terminal: what the system said, what it means here, and what to do next. */
import catalogue from '../shared/explain/en.json'
import { detailsOfCall, explain, type Catalogue } from '../shared/explain/explain'
import { OsError } from '../engine/programs/program'
import type { Ended } from './run'

export function explainFailure({ error, failed }: Ended): string {
  if (!(error instanceof OsError)) return error?.message ?? 'the program failed'
  const call = failed?.call.name === error.syscall ? failed.call : undefined
  const given = plainDetails(error)
  // getaddrinfo(3) is no call of the trace: what it was asked is all there is
  const asked = error.syscall === 'getaddrinfo' ? { address: given.host } : {}
  const details = { ...(call && detailsOfCall(call.args, call.fd)), ...asked, ...given }
  const { said, means, next } = explain(catalogue as Catalogue, error.errno, error.syscall, details)
  return [`${error.syscall}: ${error.errno}:`, said, means, next].filter((part) => part !== '').join(' ')
}

const plainDetails = (error: OsError): Record<string, string | number> =>
  Object.fromEntries(Object.entries(error.detail).filter((entry): entry is [string, string | number] => ['string', 'number'].includes(typeof entry[1])))
