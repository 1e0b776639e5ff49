// A provider of answers that speaks OpenAI's API, remembers what it was asked,
// and fails as it is told to.
//
//   const provider = await stage.provider(faults['cut in the middle']);
//   provider.next({ status: 503 }, {});       // the next two requests
//
// A plan says how a request is answered.  All of it may be missing:
//
//   tokens    pieces of the answer: an iterable, or a function of the request
//   pause     ms before each of them
//   model     the name that it answers with; else the one that was asked
//   usage     null: tokens are not counted
//   whole     one JSON body, although a stream was asked for
//   stall, cut    where it hangs until its client leaves, or breaks off:
//             headers (before them), tokens (before the first), middle, end
//             (after the last, before the reason why it ended), done (before
//             [DONE])
//   hold      called in the middle, which waits for what it returns
//   insert    bytes in the middle
//   split     bytes in each write
//   newline, indent, comment, done, finish    how a stream is spelled: line
//             ends; blanks of JSON on several lines; a line before each event;
//             false: without [DONE], without a finish reason, or another one
//   unframed  neither a length nor chunks: the end is the connection's
//   status, headers, type, body    another answer altogether

import { once } from 'node:events';
import http from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import { sleep } from './process.mjs';

export const answer = ['Lệ phí ', 'là ', '200.000 ', 'đồng ', '[', '1', ']',
                       '.'];

const chunk = (delta, finish = null) =>
  ({ choices: [{ index: 0, delta, finish_reason: finish }] });

const failure = (status, headers) => ({
  status, headers, type: 'application/json',
  body: JSON.stringify({ error: { message: 'as ordered', type: 'test' } }),
});

export const faults = {
  'stall before the headers': { stall: 'headers' },
  'stall after the headers': { stall: 'tokens' },
  'stall in the middle': { stall: 'middle' },
  'stall after the last token': { stall: 'end' },
  'stall before [DONE]': { stall: 'done' },
  'cut before the headers': { cut: 'headers' },
  'cut after the headers': { cut: 'tokens' },
  'cut in the middle': { cut: 'middle' },
  'cut in the middle, unframed': { cut: 'middle', unframed: true },
  'cut before [DONE]': { cut: 'done' },

  'a byte a write': { split: 1 },
  'CRLF': { newline: '\r\n' },
  'data on several lines': { indent: 1 },
  'comments': { comment: ': still there' },
  'no [DONE]': { done: false },
  'no end': { done: false, finish: false },
  'one JSON body': { whole: true },
  'no usage': { usage: null },
  'slow': { pause: 300 },

  'bytes that are not UTF-8': { insert: Buffer.concat([
    Buffer.from('data: {"choices":[{"delta":{"content":"'),
    Buffer.from([0xff, 0xc3]), Buffer.from('"}}]}\n\n')]) },
  'bad JSON in an event': { insert: 'data: {"choices":[{"delta":\n\n' },
  'an error event':
    { insert: 'data: {"error":{"message":"out of memory","code":500}}\n\n' },
  'a named error event': { insert: 'event: error\ndata: out of memory\n\n' },
  'an event of 2 MB':
    { insert: `data: ${JSON.stringify(chunk({ content: 'x'.repeat(2 << 20) }))
    }\n\n` },
  'no end of tokens': { * tokens() { for (;;) yield 'từ '.repeat(1000); } },

  'status 429': failure(429, {}),
  'status 429 with seconds': failure(429, { 'Retry-After': '2' }),
  get 'status 429 with a date'() {
    const date = new Date(Date.now() + 2000).toUTCString();
    return failure(429, { 'Retry-After': date });
  },
  'status 500': failure(500, {}),
  'status 502': failure(502, {}),
  'status 503': failure(503, {}),
  'status 302': failure(302, { Location: 'http://127.0.0.1:1/' }),
  'a page of HTML': { type: 'text/html', body: '<h1>Bảo trì [1]</h1>' },
  'an empty 200': { body: '' },
};

export class Provider {
  // plan: of every request for which next() has given no other
  constructor(plan = {}) {
    this.plan = plan;
    this.plans = [];
    // { method, url, headers, rawHeaders, body, json }, and in the end whole,
    // or left: whether its answer was read, or its client went away
    this.requests = [];
    this.server = http.createServer((req, res) => this.#serve(req, res));
    this.server.keepAliveTimeout = 60000;
  }

  next(...plans) { this.plans.push(...plans); }

  async start() {
    this.server.listen({ port: 0, host: '127.0.0.1', backlog: 2048 });
    await once(this.server, 'listening');
    return this;
  }

  get port() { return this.server.address().port; }
  get address() { return `127.0.0.1:${this.port}`; }
  get last() { return this.requests.at(-1); }

  // All that it was ever told, as text in which to look for what it must not
  // know.
  get heard() {
    return this.requests.map(({ method, url, rawHeaders, body }) =>
      `${method} ${url}\n${rawHeaders.join('\n')}\n${body}`).join('\n');
  }

  async stop() {
    if (!this.server.listening) return;
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  async #serve(req, res) {
    const request = { method: req.method, url: req.url, headers: req.headers,
                      rawHeaders: req.rawHeaders, whole: false, left: false };
    const gone = new AbortController();
    res.on('close', () => {
      request.whole = res.writableFinished;
      request.left = !request.whole;
      gone.abort();
    });
    try {
      const chunks = [];
      for await (const chunk of req) chunks.push(chunk);
      request.body = Buffer.concat(chunks).toString();
    } catch {
      return;                                   // the client has gone
    }
    this.requests.push(request);
    try {
      if (req.method === 'GET' && req.url === '/v1/models') {
        return send(res, { object: 'list',
                           data: [{ id: 'm1', object: 'model' }] });
      }
      if (req.method !== 'POST' || req.url !== '/v1/chat/completions') {
        res.writeHead(404);
        return res.end();
      }
      request.json = JSON.parse(request.body);
      const plan = this.plans.shift() ?? this.plan;
      await new Reply(plan, request, res, gone.signal).run();
    } catch (error) {
      if (!gone.signal.aborted) {
        res.destroy();
        throw error;
      }
    }
  }
}

function send(res, json) {
  res.writeHead(200, { 'Content-Type': 'application/json' });
  res.end(JSON.stringify(json));
}

class Reply {
  constructor(plan, request, res, gone) {
    Object.assign(this, { plan, request, res, gone });
    const { tokens = answer } = plan;
    this.tokens = typeof tokens === 'function' ? tokens(request) : tokens;
    this.middle = Math.floor((this.tokens.length ?? NaN) / 2);
    this.stream = request.json.stream === true && !plan.whole;
    this.members = {
      id: 'chatcmpl-1', created: 1790000000,
      model: plan.model ?? request.json.model,
      object: this.stream ? 'chat.completion.chunk' : 'chat.completion',
    };
  }

  async run() {
    await this.at('headers');
    this.head();
    if (this.plan.body !== undefined) {
      await this.write(this.plan.body);
    } else if (this.stream) {
      await this.events();
    } else {
      await this.json();
    }
    this.res.end();
  }

  head() {
    const { status = 200, type, headers, unframed } = this.plan;
    if (unframed) {
      this.res.useChunkedEncodingByDefault = false;
      this.res.shouldKeepAlive = false;
    }
    this.res.writeHead(status, { ...headers, 'Content-Type': type
      ?? (this.stream ? 'text/event-stream' : 'application/json') });
    this.res.flushHeaders();
  }

  async events() {
    const { pause, hold, insert, finish = true, done = true } = this.plan;
    let n = 0;
    await this.at('tokens');
    await this.event(chunk({ role: 'assistant', content: '' }));
    for (const token of this.tokens) {
      if (n++ === this.middle) {
        await this.at('middle');
        await hold?.();
        if (insert) await this.write(insert);
      }
      if (pause) await sleep(pause, null, { signal: this.gone });
      await this.event(chunk({ content: token }));
    }
    await this.at('end');
    if (finish) {
      await this.event(chunk({}, finish === true ? 'stop' : finish));
    }
    if (this.request.json.stream_options?.include_usage && this.usage(n)) {
      await this.event({ choices: [], usage: this.usage(n) });
    }
    await this.at('done');
    if (done) await this.event('[DONE]');
  }

  async json() {
    const tokens = [];
    for (const token of this.tokens) {
      if (tokens.push(token) === 1000) break;       // some have no end
    }
    const text = JSON.stringify({ ...this.members, choices: [{
      index: 0, finish_reason: 'stop',
      message: { role: 'assistant', content: tokens.join('') },
    }], usage: this.usage(tokens.length) });
    await this.at('tokens');
    await this.write(text.slice(0, text.length / 2));
    await this.at('middle');
    await this.write(text.slice(text.length / 2));
  }

  usage(n) {
    return this.plan.usage === undefined
      ? { prompt_tokens: 11, completion_tokens: n, total_tokens: 11 + n }
      : this.plan.usage;
  }

  event(data) {
    const { newline = '\n', indent, comment } = this.plan;
    const text = typeof data === 'string' ? data
      : JSON.stringify({ ...this.members, ...data }, null, indent);
    const lines = text.split('\n').map((line) => `data: ${line}`);
    if (comment) lines.unshift(comment);
    return this.write(lines.concat('', '').join(newline));
  }

  async write(data) {
    const bytes = Buffer.from(data);
    const size = this.plan.split ?? bytes.length;
    for (let i = 0; i < bytes.length; i += size) {
      await new Promise((resolve) => {
        this.res.write(bytes.subarray(i, i + size), resolve);
      });
      await turn();             // each write reaches the socket by itself
      this.gone.throwIfAborted();
    }
  }

  // A point at which the answer may hang or end.
  async at(point) {
    this.gone.throwIfAborted();
    if (this.plan.cut === point) {
      this.res.socket.destroy();
      await once(this.gone, 'abort');
    }
    if (this.plan.stall === point) await once(this.gone, 'abort');
    this.gone.throwIfAborted();
  }
}
