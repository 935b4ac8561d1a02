/** Generated cases: new ones at every run at the desk, the same ones in CI, so that a change is judged by itself. */
import * as fc from 'fast-check'

if (process.env.CI) fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: 20_261_120 })
