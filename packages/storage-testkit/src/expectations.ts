import assert from 'node:assert/strict'

import { StorageError, type StorageErrorCode, type StoredObject } from '@outlast/storage'

// node:assert, so that the suite needs nothing of its runner.

/** Fails unless the object is there with just these bytes; says where they differ, without printing a megabyte. */
export function expectObject(
  object: StoredObject | 'not-modified' | undefined,
  expected: Uint8Array,
): asserts object is StoredObject {
  assert.ok(object !== undefined, 'the object is absent')
  assert.ok(object !== 'not-modified', 'the answer is "not-modified"')
  expectBytes(object.bytes, expected)
  assert.equal(typeof object.etag, 'string', 'the etag is not a string')
  assert.notEqual(object.etag, '', 'the etag is empty')
}

function expectBytes(actual: Uint8Array, expected: Uint8Array): void {
  assert.ok(actual instanceof Uint8Array, 'the bytes are not a Uint8Array')
  assert.equal(actual.length, expected.length, 'the length differs')
  if (Buffer.compare(actual, expected) === 0) return
  const place = actual.findIndex((byte, index) => byte !== expected[index])
  assert.fail(`the bytes differ from position ${place} on`)
}

/** Fails unless the promise rejects with a `StorageError` of one of these codes. */
export async function expectCode(
  promise: Promise<unknown>,
  ...codes: readonly StorageErrorCode[]
): Promise<StorageError> {
  const wanted = `a StorageError with code ${codes.join(' or ')}`
  const error = await rejection(promise, wanted)
  assert.ok(StorageError.isInstance(error), `it rejected with ${describeError(error)} instead of ${wanted}`)
  assert.ok(codes.includes(error.code), `it rejected with ${describeError(error)} instead of ${wanted}`)
  return error
}

/** Fails unless the promise rejects with this very value. */
export async function expectReason(promise: Promise<unknown>, reason: unknown): Promise<void> {
  const error = await rejection(promise, "the signal's reason")
  assert.ok(error === reason, `it rejected with ${describeError(error)} instead of the signal's reason`)
}

async function rejection(promise: Promise<unknown>, wanted: string): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  return assert.fail(`it resolved instead of rejecting with ${wanted}`)
}

function describeError(error: unknown): string {
  return StorageError.isInstance(error) ? `code ${error.code} (${error.message})` : String(error)
}
