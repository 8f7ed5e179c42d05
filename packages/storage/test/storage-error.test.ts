import { expect, it, vi } from 'vitest'

import { StorageError } from '../src/index.ts'

it('knows whether the same call may succeed later, and lets the adapter overrule that', () => {
  expect(new StorageError({ code: 'throttled', message: '' }).retryable).toBe(true)
  expect(new StorageError({ code: 'denied', message: '' }).retryable).toBe(false)
  expect(new StorageError({ code: 'denied', message: '', retryable: true }).retryable).toBe(true)
})

it('is recognised across duplicate copies of the package, and nothing else is', async () => {
  vi.resetModules()
  const copy = await import('../src/storage-error.ts')
  const foreign = new copy.StorageError({ code: 'denied', message: '' })
  expect(foreign).not.toBeInstanceOf(StorageError)
  expect(StorageError.isInstance(foreign)).toBe(true)
  for (const other of [new Error('no'), undefined, null, 'StorageError', { name: 'StorageError' }]) {
    expect(StorageError.isInstance(other)).toBe(false)
  }
})
