/** Makes bytes that nearly are messages. Equal seeds make equal bytes. */
export interface RandomBytes {
  next(): { readonly bytes: Buffer; readonly pieces: readonly Buffer[] }
}

const crlf = '\r\n'
const odd = [
  '\r',
  '\n',
  '\r\n',
  '\0',
  ' ',
  '\t',
  ':',
  ';',
  ',',
  '\v',
  '\x7f',
  '\x80',
  '\xff',
  '0',
  'a',
  '"',
  '=',
  '#',
  '\\',
]
const names = [
  'Host',
  'Content-Length',
  'Transfer-Encoding',
  'Connection',
  'X',
  'Expect',
  'Upgrade',
  'TE',
  'Trailer',
  'Cookie',
  'content-length',
  'TRANSFER-ENCODING',
  'Content-Length ',
  'Content_Length',
  'Keep-Alive',
  'Proxy-Connection',
]
const values = [
  'a.test',
  '0',
  '5',
  '+5',
  '05',
  '5, 5',
  '0x5',
  '99999999999999999999',
  'chunked',
  'Chunked',
  ' chunked ',
  'gzip',
  'gzip, chunked',
  'chunked, chunked',
  'identity',
  'close',
  'keep-alive',
  'upgrade',
  'close, X',
  '100-continue',
  'websocket',
  'h2c',
  '',
  ' ',
  'a\tb',
  '\xe9',
  '"q"',
]
const chunkEnds = ['', '', '', '', ';a', ';a=b', ';a="b"', ' ', '; a', ';', ';a="\\""']
const targets = ['/', '/a/b?c=d', '*', 'http://a.test/x', 'a.test:80', '/%00', '/\xe9', '/a#b', '//', '/[', '/{|}']
const versions = ['1.1', '1.1', '1.1', '1.1', '1.0', '1.2', '2.0', '0.9', '1.10', '1.']

export function randomBytes(side: 'request' | 'response', seed: number, corpus: readonly Buffer[] = []): RandomBytes {
  let state = seed >>> 0
  // mulberry32
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const below = (limit: number) => Math.floor(random() * limit)
  const oneOf = <Item>(items: readonly [Item, ...Item[]] | readonly Item[]): Item => {
    const item = items[below(items.length)]
    if (item === undefined) throw new Error('nothing to choose from')
    return item
  }

  function chunks(): string {
    let text = ''
    for (let left = below(4); left > 0; left -= 1) {
      const payload = 'x'.repeat(1 + below(20))
      const size = payload.length.toString(16)
      text += `${random() < 0.1 ? '0' : ''}${size}${oneOf(chunkEnds)}${crlf}${payload}${crlf}`
    }
    const trailers = random() < 0.2 ? `${oneOf(names)}: ${oneOf(values)}${crlf}` : ''
    return `${text}0${crlf}${trailers}${crlf}`
  }

  function message(): string {
    const start =
      side === 'request'
        ? `${oneOf(['GET', 'GET', 'POST', 'POST', 'PUT', 'HEAD', 'DELETE', 'QUERY', 'BREW', 'get'])} ${oneOf(targets)} HTTP/${oneOf(versions)}`
        : `HTTP/${oneOf(versions)} ${oneOf(['200', '200', '204', '304', '100', '103', '101', '404', '999', '20'])}${oneOf([' OK', ' ', '', ' a\tb'])}`
    let fields = random() < 0.9 && side === 'request' ? `Host: a.test${crlf}` : ''
    let body = ''
    const framing = random()
    if (framing < 0.35) {
      body = 'x'.repeat(below(30))
      fields += `Content-Length: ${body.length}${crlf}`
    } else if (framing < 0.75) {
      body = chunks()
      fields += `Transfer-Encoding: chunked${crlf}`
    }
    for (let left = random() < 0.5 ? 0 : below(3); left > 0; left -= 1)
      fields += `${oneOf(names)}: ${oneOf(values)}${crlf}`
    return `${random() < 0.03 ? crlf : ''}${start}${crlf}${fields}${crlf}${body}`
  }

  function damaged(text: string): string {
    let result = text
    for (let left = random() < 0.5 ? 0 : 1 + below(2); left > 0; left -= 1) {
      const at = below(result.length + 1)
      const to = random() < 0.5 ? at : Math.min(result.length, at + 1 + below(3))
      result = result.slice(0, at) + (random() < 0.2 ? '' : oneOf(odd)) + result.slice(to)
    }
    return result
  }

  function pieces(bytes: Buffer): Buffer[] {
    const parts: Buffer[] = []
    let from = 0
    for (let left = below(4); left > 0 && from < bytes.length; left -= 1) {
      const to = from + 1 + below(bytes.length - from)
      parts.push(bytes.subarray(from, to))
      from = to
    }
    if (from < bytes.length) parts.push(bytes.subarray(from))
    return parts
  }

  return {
    next() {
      let text = corpus.length > 0 && random() < 0.1 ? oneOf(corpus).toString('latin1') : message()
      for (let left = below(3); left > 0; left -= 1) text += message()
      const bytes = Buffer.from(damaged(text), 'latin1')
      return { bytes, pieces: pieces(bytes) }
    },
  }
}
