/** Imported first by every launcher: says in one clear line that Node is too old, before anything newer is used. */
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`Socketscope needs Node.js 20.19 or newer; this is ${process.versions.node}. Get a newer one from nodejs.org.\n`)
  process.exit(1)
}
