import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/support/longestFirst.js'
import { SummaryReporter } from './test/support/summaryReporter.js'

/** Tests run compiled, from dist, so that worker files and module paths are the real ones. */
export default defineConfig({
  test: {
    include: ['dist/test/**/*.test.js'],
    reporters: ['default', new SummaryReporter()],
    sequence: { sequencer: LongestFirst },
    isolate: false,
    // Much of a test's time is waiting for a server: three keep two cores busy.
    maxWorkers: 3,
    // Deadlines that no assertion rests on: a loaded machine takes five times as long as an idle one.
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
})
