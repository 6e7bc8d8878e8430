/** Thrown when a folder can't be searched for plaintext completely. */
export class ScanError extends Error {
  override readonly name = 'ScanError'
  readonly reason: string

  constructor(reason: string, options?: ErrorOptions) {
    super(`The search for plaintext is not complete: ${reason}`, options)
    this.reason = reason
  }
}

/** Thrown when a device's process reports that a call failed: its error's name and sentence. */
export class DeviceError extends Error {
  override readonly name = 'DeviceError'
  readonly device: string
  /** Name of the error in the device's process. */
  override readonly cause: { readonly name: string; readonly message: string; readonly stack?: string | undefined }

  constructor(device: string, cause: DeviceError['cause']) {
    super(`${device}: ${cause.name}: ${cause.message}`)
    this.device = device
    this.cause = cause
  }
}

/** Thrown when a device's process ends while something is expected of it. */
export class DeviceExitedError extends Error {
  override readonly name = 'DeviceExitedError'
  readonly device: string

  constructor(device: string, how: string) {
    super(`The process of ${device} ended (${how})`)
    this.device = device
  }
}

/** Thrown when a step of the story does not come about in time. */
export class StepTimeoutError extends Error {
  override readonly name = 'StepTimeoutError'
  readonly waitedForMs: number

  constructor(what: string, waitedForMs: number) {
    super(`${what} did not happen within ${waitedForMs / 1000} s`)
    this.waitedForMs = waitedForMs
  }
}

/** Thrown by a device that is given a file it can't use, or an option that makes no sense. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Thrown when a process is to start although the play is over: it would outlive it. */
export class StageClearedError extends Error {
  override readonly name = 'StageClearedError'

  constructor() {
    super('The demo has been stopped, so no device starts any more')
  }
}

/** Thrown when a page asks for something in a form that the protocol doesn't have: which field is wrong, and how. */
export class InvalidRequestError extends Error {
  override readonly name = 'InvalidRequestError'
  readonly field: string

  constructor(field: string, reason: string) {
    super(`${field === '' ? 'The request' : field}: ${reason}`)
    this.field = field
  }
}

/** Thrown when a page asks for something that needs an unlocked device, or a profile. */
export class NotReadyError extends Error {
  override readonly name = 'NotReadyError'
}
