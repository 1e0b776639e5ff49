// Answers that come as server-sent events.

import http from 'node:http';

const accept = { 'Content-Type': 'application/json',
                 Accept: 'text/event-stream' };

// The events of a stream: { event, data }, in order.
function parse(text) {
  return text.split('\n\n').filter((block) => /^data:/m.test(block))
    .map((block) => {
      const lines = block.split('\n');
      const of = (name) => lines.filter((line) => line.startsWith(`${name}: `))
        .map((line) => line.slice(name.length + 2));
      return { event: of('event')[0], data: JSON.parse(of('data').join('\n')) };
    });
}

// Asks, and hands on each event as it comes.  Gives { status, headers, events,
// text (of the deltas), answer, error, cut }: cut is that the connection broke.
// leave() gives true where the client is to go away.
export function listen(port, question, {
  path = '/assist/ask', agent = false, headers, localAddress, onEvent,
  leave = () => false } = {}) {
  return new Promise((resolve, reject) => {
    const req = http.request({ host: '127.0.0.1', port, path, agent,
                               localAddress, method: 'POST',
                               headers: { ...accept, ...headers } });
    req.on('error', reject);
    req.on('response', (res) => {
      const events = [];
      let rest = '';
      res.setEncoding('utf8');
      res.on('data', (chunk) => {
        const whole = (rest + chunk).split('\n\n');
        rest = whole.pop();
        for (const event of parse(whole.join('\n\n'))) {
          events.push(event);
          onEvent?.(event);
          if (leave(event)) req.destroy();
        }
      });
      res.on('error', () => {});
      res.on('close', () => resolve({
        status: res.statusCode, headers: res.headers, events,
        ...streamed(events), cut: !res.complete,
      }));
    });
    req.end(JSON.stringify(typeof question === 'string' ? { question }
                                                        : question));
  });
}

// What events say: { text, answer, error }.
function streamed(events) {
  const of = (name) => events.filter(({ event }) => event === name)
    .map(({ data }) => data);
  return { text: of('delta').map((delta) => delta.text).join(''),
           answer: of('answer')[0], error: of('error')[0]?.error };
}
