/** The page's own origin in the desktop app, and who counts as our page. */
import type { WebFrameMain } from 'electron'

export const SCHEME = 'app'
export const HOST = 'lab'
export const ORIGIN = `${SCHEME}://${HOST}`

/** Node's URL gives no origin for a scheme it does not know, hence the comparison by prefix; the slash ends the host. */
export const isOurs = (url: string): boolean => url.startsWith(`${ORIGIN}/`)

/** Only the top frame of our own page may speak to main. A frame that is gone has no sender. */
export const isTrusted = (frame: WebFrameMain | null): frame is WebFrameMain => frame !== null && frame.parent === null && isOurs(frame.url)
