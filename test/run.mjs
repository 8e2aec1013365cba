/**
 * `npm test`: sees to the real servers and tools, builds, and runs the tests. The last line is
 * `N passed, N failed` in every case, and the exit code says the same.
 *
 *   node test/run.mjs [vitest arguments]
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** A program (or a path, where it has no program) that the tests need, and its Debian package. */
const tools = [
  ['influxd', 'influxdb'],
  ['mosquitto', 'mosquitto'],
  ['mosquitto_pub', 'mosquitto-clients'],
  ['socat', 'socat'],
  ['strace', 'strace'],
  ['perl', 'perl-base'],
  ['script', 'bsdutils'],
  ['docker-compose', 'docker-compose'],
  ['chromium', 'chromium'],
  ['python3', 'python3-minimal'],
  ['/usr/lib/python3/dist-packages/paho', 'python3-paho-mqtt'],
  // Compilers of boards, and machines that run what they make.
  ['gcc', 'gcc'],
  ['g++', 'g++'],
  ['clang', 'clang'],
  ['/usr/lib/llvm-*/lib/clang/*/lib/linux', 'libclang-rt-dev'],
  ['arm-none-eabi-gcc', 'gcc-arm-none-eabi'],
  ['qemu-system-arm', 'qemu-system-arm'],
  ['avr-gcc', 'gcc-avr'],
  ['/usr/lib/avr/include/stdlib.h', 'avr-libc'],
  ['/usr/share/arduino/hardware/arduino/avr', 'arduino-core-avr'],
  ['arduino-builder', 'arduino-builder'],
  ['arduino-ctags', 'arduino-ctags'],
  ['xtensa-lx106-elf-gcc', 'gcc-xtensa-lx106'],
  ['riscv64-unknown-elf-gcc', 'gcc-riscv64-unknown-elf'],
]

/** Debian keeps servers in sbin, which a user's PATH may lack. */
const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin']
process.env.PATH = [...new Set(folders)].join(delimiter)

function isOnPath(program) {
  return folders.some((folder) => existsSync(join(folder, program)))
}

/** Whether something is at a path, in which a whole part may be any name that begins so: `llvm-*`. */
function isThere([first, ...rest], folder = '/') {
  if (first === undefined) return existsSync(folder)
  if (!first.endsWith('*')) return isThere(rest, join(folder, first))
  const begins = first.slice(0, -1)
  const names = existsSync(folder) ? readdirSync(folder) : []
  return names.some((name) => name.startsWith(begins) && isThere(rest, join(folder, name)))
}

function isInstalled(tool) {
  return tool.startsWith('/') ? isThere(tool.slice(1).split('/')) : isOnPath(tool)
}

function fail(text) {
  console.error(text)
  console.log('0 passed, 1 failed')
  process.exit(1)
}

function run(command, args, options = {}) {
  return spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options }).status ?? 1
}

function installTools() {
  const packages = tools.filter(([tool]) => !isInstalled(tool)).map(([, name]) => name)
  if (packages.length === 0) return
  const install = `apt-get install -y --no-install-recommends ${packages.join(' ')}`
  const isRoot = process.getuid?.() === 0
  if (!isRoot || !isOnPath('apt-get')) {
    fail(
      `The tests run against real servers. Install them, then run npm test again:\n  sudo ${install}`,
    )
  }
  console.log(`installing for the tests: ${packages.join(' ')}`)
  const quiet = {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  }
  run('apt-get', ['update', '-qq'], quiet)
  // A package's own service must not take the ports that people use.
  const status = run('apt-get', install.split(' ').slice(1).concat('-qq'), quiet)
  if (status !== 0) fail(`this failed, see above:\n  ${install}`)
}

/** Compiled tests whose source is gone would still run. */
function hasStaleBuild() {
  const dist = join(root, 'dist/test')
  if (!existsSync(dist)) return false
  return readdirSync(dist, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.js') && statSync(join(dist, name)).isFile())
    .some((name) => !existsSync(join(root, 'test', name.replace(/\.js$/, '.ts'))))
}

installTools()
const build = run('npm', ['run', '--silent', hasStaleBuild() ? 'rebuild' : 'build'])
if (build !== 0) fail('the build failed, see above')
// What a test or a browser leaves goes with the run; the summary of a failed one says where it is.
process.env.TMPDIR = mkdtempSync(join(tmpdir(), 'fp-test-'))
const status = run('node', ['node_modules/vitest/vitest.mjs', 'run', ...process.argv.slice(2)])
if (status === 0) rmSync(process.env.TMPDIR, { recursive: true, force: true, maxRetries: 3 })
process.exit(status)
