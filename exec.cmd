@rem The scripts of package.json begin with the shell's `exec`, so that a signal to npm reaches node itself. cmd has none: this is it.
@%*
