import { defineConfig } from 'vite'

/**
 * The pages: the dashboard and the page that checks proofs, with the same core as the gateway's. What
 * the policy forbids is not made: no inline script, no data in an address.
 */
export default defineConfig({
  root: 'gateway/web',
  logLevel: 'warn',
  build: {
    outDir: '../../dist/pages',
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: ['gateway/web/index.html', 'gateway/web/verify.html'] },
  },
})
