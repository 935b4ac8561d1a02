/** The response headers that both hosts put on the page: what it may load, run and talk to. */

/**
 * Content Security Policy. 'wasm-unsafe-eval' is for the Python runtime, which is WebAssembly; nothing else is evaluated.
 * `connect` names what the page may reach besides its own origin (the browser edition's WebSocket).
 */
export function contentPolicy(connect: string[] = []): string {
  return [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    `connect-src ${["'self'", ...connect].join(' ')}`,
    "worker-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

/** Cross-origin isolation keeps other pages out of our process and gives the page exact timers. */
export function pageHeaders(connect: string[] = []): Record<string, string> {
  return {
    'Content-Security-Policy': contentPolicy(connect),
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'require-corp',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Permissions-Policy': 'camera=(), microphone=(), geolocation=(), usb=(), serial=(), hid=()',
  }
}
