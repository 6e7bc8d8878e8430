/**
 * The door of a fresh clone: plain Node (20 or newer), no dependencies. It installs what the lockfile names when
 * something changed since the last time, then runs one of the tasks below with the project's own Node and pnpm first on
 * the path. Called by `npm test`, `npm run app`, `npm run demo` and `npm run bench`; arguments after the task's name are passed on.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const bin = join(root, 'node_modules', '.bin')
const nodeFolder = join(root, 'node_modules', 'node', 'bin')
const stampFile = join(root, 'node_modules', '.bootstrap-stamp')
/** What only the benchmarks need: databases of others, a quarter of a gigabyte. Installed when they are run. */
const benchmarkPeers = 'benchmark-peers'
const windows = process.platform === 'win32'

/** What each task needs built, and which file then takes the arguments. */
const tasks = {
  test: { file: 'scripts/test.ts' },
  demo: { build: 'demo...', file: 'apps/demo/dist/demo.js', where: 'caller' },
  app: { build: 'demo...', file: 'apps/demo/dist/app.js', where: 'caller' },
  endra: { build: 'demo...', file: 'apps/demo/dist/cli.js', where: 'caller' },
  bench: { build: 'benchmarks...', file: 'benchmarks/src/bench.ts' },
  node22: { build: './packages/*', file: 'scripts/node-22.ts' }
}

const [name = '', ...given] = process.argv.slice(2)
const task = tasks[name]
if (task === undefined) fail(`Unknown task "${name}". Known: ${Object.keys(tasks).join(', ')}.`)
if (Number(process.versions.node.split('.')[0]) < 20) fail(`Node 20 or newer is needed; this is ${process.version}.`)

const env = childEnvironment()
await install(name === 'bench')
if (task.build !== undefined) {
  const options = ['--filter', task.build, '--output-logs=errors-only', '--log-order=grouped']
  // The build's own output goes to standard error, so that the task has standard output for itself.
  const code = await run(join(bin, 'turbo'), ['run', 'build', ...options], { stdio: ['ignore', 2, 2] })
  if (code !== 0) fail('The build failed.')
}
const cwd = task.where === 'caller' ? (process.env.INIT_CWD ?? process.cwd()) : root
process.exitCode = await run(join(nodeFolder, windows ? 'node.exe' : 'node'), [join(root, task.file), ...given], {
  cwd
})

/**
 * Installs the locked dependencies unless the files that decide about them are as they were the last time.
 *
 * @param withPeers also what only the benchmarks need; what was installed once stays
 */
async function install(withPeers) {
  const stamp = fingerprint()
  const before = existsSync(bin) && existsSync(stampFile) ? readFileSync(stampFile, 'utf8') : ''
  const everything = `${stamp} ${benchmarkPeers}`
  if (before === everything || (before === stamp && !withPeers)) return
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  console.error(`Installing dependencies with ${packageManager}: a minute or so, once; later runs skip this.`)
  const log = join(mkdtempSync(join(tmpdir(), 'install-')), 'log')
  const file = openSync(log, 'w')
  // CI=true: pnpm asks no questions. Its many warnings about the outer Node's age are for nobody: shown on failure only.
  const options = { stdio: ['ignore', file, file], env: { ...env, CI: 'true' }, shell: windows }
  const which = withPeers ? [] : ['--filter', `!${benchmarkPeers}`]
  const code = await run(
    'npx',
    ['-y', packageManager, 'install', '--frozen-lockfile', '--reporter=append-only', ...which],
    options
  )
  if (code !== 0) {
    console.error(readFileSync(log, 'utf8'))
    fail('The installation failed, see above. It needs the npm registry and nothing else.')
  }
  rmSync(dirname(log), { recursive: true })
  writeFileSync(stampFile, withPeers ? everything : stamp)
}

/** A hash over the lockfile, pnpm's settings and every package.json of the workspace. */
function fingerprint() {
  const hash = createHash('sha256')
  const folders = ['packages', 'apps'].flatMap((parent) =>
    readdirSync(join(root, parent)).map((child) => join(parent, child))
  )
  const manifests = ['.', 'examples', 'benchmarks', 'benchmarks/peers', ...folders.sort()].map((folder) =>
    join(folder, 'package.json')
  )
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', '.npmrc', ...manifests]) {
    const path = join(root, file)
    hash.update(`${file}\n`).update(existsSync(path) ? readFileSync(path) : '')
  }
  return hash.digest('hex')
}

/** The caller's environment with our tools first on the path, and without what an outer `npm run` says of itself. */
function childEnvironment() {
  const ours = Object.entries(process.env).filter(
    ([key]) => !/^npm_(package|lifecycle|command|execpath|config_local_prefix)/.test(key)
  )
  const path = [nodeFolder, bin, process.env.PATH ?? ''].join(delimiter)
  const home = homedir() !== '' && homedir() !== '/' ? homedir() : join(tmpdir(), 'walytis-endra-home')
  mkdirSync(home, { recursive: true })
  return { ...Object.fromEntries(ours), PATH: path, HOME: home, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' }
}

/** Runs a program and resolves with its exit code. Signals reach it as well; this process then waits for its end. */
function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', env, ...options })
    // Ctrl-C is delivered to the whole terminal group by itself; SIGTERM only to us.
    const ignore = () => {}
    const forward = () => child.kill('SIGTERM')
    process.on('SIGINT', ignore).on('SIGTERM', forward)
    const done = (code) => {
      process.off('SIGINT', ignore).off('SIGTERM', forward)
      resolve(code)
    }
    child.once('error', (error) => {
      console.error(`${command} could not be started: ${error.message}`)
      done(127)
    })
    child.once('exit', (code, signal) => done(code ?? (signal === 'SIGINT' ? 130 : 143)))
  })
}

function fail(sentence) {
  console.error(sentence)
  process.exit(1)
}
