import { unexpectedAnswer } from './unexpected-answer.ts'

/** The whole body, never a part: a body that breaks off or is shorter than announced is an error. */
export async function readMedia(response: Response): Promise<Uint8Array> {
  const bytes = new Uint8Array(await readToEnd(() => response.arrayBuffer()))
  const announced = response.headers.get('x-goog-stored-content-length') ?? response.headers.get('content-length')
  if (announced === null) throw unexpectedAnswer('an object has a length')
  if (bytes.byteLength !== Number(announced)) {
    throw unexpectedAnswer(`the body ended after ${bytes.byteLength} of ${announced} bytes`)
  }
  return bytes
}

/** A JSON answer, which says what kind of thing it is. */
export async function readJson(response: Response, kind: string): Promise<Record<string, unknown>> {
  const text = await readToEnd(() => response.text())
  const answer = parse(text)
  if (answer?.['kind'] !== kind) throw unexpectedAnswer(`expected a ${kind}`)
  return answer
}

async function readToEnd<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    throw unexpectedAnswer('the body broke off', error)
  }
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const answer: unknown = JSON.parse(text)
    return typeof answer === 'object' && answer !== null ? { ...answer } : undefined
  } catch {
    return undefined // a page of somebody else's
  }
}
