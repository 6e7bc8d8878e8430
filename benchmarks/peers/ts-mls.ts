/** ts-mls: MLS (RFC 9420), with its hybrid post-quantum suite: X-Wing and ML-DSA-87. */
import {
  acceptAll,
  type ClientState,
  createApplicationMessage,
  createCommit,
  createGroup,
  defaultCapabilities,
  defaultLifetime,
  emptyPskIndex,
  generateKeyPackage,
  getCiphersuiteFromName,
  getCiphersuiteImpl,
  joinGroup,
  type KeyPackage,
  type PrivateKeyPackage,
  processMessage,
  processPrivateMessage
} from 'ts-mls'

interface Keys {
  publicPackage: KeyPackage
  privatePackage: PrivateKeyPackage
}

const suite = await getCiphersuiteImpl(getCiphersuiteFromName('MLS_256_XWING_AES256GCM_SHA512_MLDSA87'))
const messages = 20

let founder: ClientState
let bystander: ClientState
let joiners: Keys[] = []

function keysOf(name: string): Promise<Keys> {
  const credential = { credentialType: 'basic' as const, identity: new TextEncoder().encode(name) }
  return generateKeyPackage(credential, defaultCapabilities(), defaultLifetime, [], suite)
}

export async function prepare(members: number): Promise<void> {
  const { publicPackage, privatePackage } = await keysOf('founder')
  joiners = []
  for (let made = 1; made < members; made++) joiners.push(await keysOf(`member ${made}`))
  founder = await createGroup(new TextEncoder().encode('bench'), publicPackage, privatePackage, [], suite)
}

/** The founder's commits; joining by the welcome is not counted. */
export async function admit(): Promise<number> {
  let spent = 0
  for (const [at, { publicPackage, privatePackage }] of joiners.entries()) {
    const began = performance.now()
    const { newState, welcome } = await createCommit(
      { state: founder, cipherSuite: suite },
      { extraProposals: [{ proposalType: 'add', add: { keyPackage: publicPackage } }] }
    )
    spent += performance.now() - began
    founder = newState
    if (at === joiners.length - 1 && welcome !== undefined) {
      bystander = await joinGroup(welcome, publicPackage, privatePackage, emptyPskIndex, suite, founder.ratchetTree)
    }
  }
  return spent
}

/** Of all others one is asked: the newest, which knows what each commit gave it. */
export async function readers(): Promise<number> {
  const { make, read } = await message()
  return make + read > 0 ? joiners.length : 0
}

let removed = 1

export async function remove(): Promise<{ act: number; process: number }> {
  const began = performance.now()
  const { newState, commit } = await createCommit(
    { state: founder, cipherSuite: suite },
    { extraProposals: [{ proposalType: 'remove', remove: { removed: removed++ } }] }
  )
  const act = performance.now() - began
  founder = newState
  if (commit.wireformat !== 'mls_private_message') throw new RangeError('no commit')
  const taking = performance.now()
  bystander = (await processMessage(commit, bystander, emptyPskIndex, acceptAll, suite)).newState
  return { act, process: performance.now() - taking }
}

export async function message(): Promise<{ make: number; read: number }> {
  let [make, read] = [0, 0]
  for (let sent = 0; sent < messages; sent++) {
    const began = performance.now()
    const { newState, privateMessage } = await createApplicationMessage(founder, new Uint8Array(256), suite)
    const made = performance.now()
    founder = newState
    const received = await processPrivateMessage(bystander, privateMessage, emptyPskIndex, suite)
    if (received.kind !== 'applicationMessage') throw new RangeError('not read')
    bystander = received.newState
    make += made - began
    read += performance.now() - made
  }
  return { make: make / messages, read: read / messages }
}

export async function close(): Promise<void> {}
