import { defineConfig } from 'vite'

/**
 * What runs in a browser and is not written by hand: the verifier of proof files, from the same
 * compiled core as the command's. Runs after tsc; gateway/web/verify.js is its only user.
 */
export default defineConfig({
  logLevel: 'warn',
  publicDir: false,
  build: {
    outDir: 'dist/gateway/web',
    target: 'es2023',
    lib: {
      entry: 'dist/gateway/core/proof/proofLinks.js',
      formats: ['es'],
      fileName: () => 'proofLinks.js',
    },
  },
})
