/** What one XML-RPC message may be: its size in bytes, how deep its values nest, how many there are of them. */
export const RPC_LIMITS = { bytes: 1024 * 1024, depth: 64, values: 50_000 } as const
