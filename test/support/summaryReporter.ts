import { tmpdir } from 'node:os'
import type { Reporter, TestModule } from 'vitest/node'

/** Prints `N passed, N failed` alone on the last line, for programs that read the outcome. */
export class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    let passed = 0
    let failed = errors.length
    let skipped = 0
    for (const module of modules) {
      let testsFailed = 0
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'passed') passed++
        else if (state === 'skipped') skipped++
        else testsFailed++
      }
      // A file that cannot be loaded has no tests, and must not look like success.
      failed += testsFailed === 0 && module.state() === 'failed' ? 1 : testsFailed
    }
    const tail = skipped > 0 ? `, ${skipped} skipped` : ''
    process.once('exit', () => {
      if (failed > 0) console.log(`what the tests left is in ${tmpdir()}`)
      console.log(`${passed} passed, ${failed} failed${tail}`)
    })
  }
}
