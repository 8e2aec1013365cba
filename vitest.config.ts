import { defineConfig } from 'vitest/config'

/** Tests run compiled, from dist, so that worker files and module paths are the real ones. */
export default defineConfig({
  test: {
    include: ['dist/test/**/*.test.js'],
    isolate: false,
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
