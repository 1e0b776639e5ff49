// The ledger in Redis, read as its documentation says.

import net from 'node:net';

// A hash as pairs of a name and bytes, which redis-cli would spell as text.
function hash({ port }, key) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1');
    let bytes = Buffer.alloc(0);
    socket.on('error', reject).on('data', (more) => {
      bytes = Buffer.concat([bytes, more]);
      let at = 0;
      const number = () => {
        const end = bytes.indexOf('\r\n', at);
        if (end < 0) throw new RangeError('more is to come');
        const n = Number(bytes.subarray(at + 1, end));
        at = end + 2;
        return n;
      };
      try {
        const items = Array.from({ length: number() }, () => {
          const n = number();
          if (bytes.length < at + n + 2) throw new RangeError('more is to come');
          at += n + 2;
          return bytes.subarray(at - n - 2, at - 2);
        });
        socket.destroy();
        resolve(items.flatMap((name, i) => (i % 2 ? [] : [[String(name), items[i + 1]]])));
      } catch (error) {
        if (!(error instanceof RangeError)) reject(error);
      }
    });
    socket.write(`*2\r\n$7\r\nHGETALL\r\n$${Buffer.byteLength(key)}\r\n${key}\r\n`);
  });
}

// A record of another node, as it writes it: { field: bytes }.
export async function putRecord({ port }, node, fields, seq, month = thisMonth()) {
  const set = `assist:ledger:${month}`, words = Object.entries(fields).flat();
  const all = [['SADD', set, node]];
  for (let i = 0; i < words.length; i += 2000) {
    all.push(['HSET', `${set}:${node}`, ...words.slice(i, i + 2000)]);
  }
  all.push(['HSET', `${set}:${node}`, '@', `${seq} 1 ${words.length / 2}`]);
  const socket = net.connect(port, '127.0.0.1');
  let replies = 0;
  const over = new Promise((resolve, reject) => {
    socket.on('error', reject).on('data', (bytes) => {
      replies += String(bytes).split('\n').length - 1;
      if (replies >= all.length) resolve();
    });
  });
  for (const command of all) {
    socket.write(Buffer.concat([Buffer.from(`*${command.length}\r\n`),
      ...command.flatMap((word) => [Buffer.from(`$${Buffer.byteLength(word)}\r\n`),
                                    Buffer.from(word), Buffer.from('\r\n')])]));
  }
  await over;
  socket.destroy();
}

// A packed field with nothing but page views.
export function packViews(n) {
  const bytes = [1, 0];
  for (; n > 127; n = Math.floor(n / 128)) bytes.push(n % 128 + 128);
  return Buffer.from([...bytes, n]);
}

// A packed field (core/ledger.h) as its words.
function unpack(bytes) {
  if (bytes[0] !== 1) throw new Error(`not a packed field: ${bytes}`);
  const words = [];
  let at = 1;
  const number = () => {
    let n = 0;
    for (let unit = 1; ; unit *= 128) {
      const byte = bytes[at++];
      n += (byte & 127) * unit;
      if (byte < 128) return n;
    }
  };
  for (let i = 0; at < bytes.length; i++) {
    i += number();
    words[i] = number();
  }
  return words;
}

const thisMonth = () => new Date().toISOString().slice(0, 7);

// A month's { views, interactions } by service, over all incarnations.
export async function inRedis(redis, month = thisMonth()) {
  const sum = {};
  const set = `assist:ledger:${month}`;
  const members = await redis.command('SMEMBERS', set);
  for (const member of members.split('\n').filter(Boolean)) {
    for (const [name, value] of await hash(redis, `${set}:${member}`)) {
      if (name[0] === '@') continue;
      const words = unpack(value);
      const of = sum[name] ??= { views: 0, interactions: 0 };
      of.views += words[0] ?? 0;
      // outcomes: nine by a model, nine by the catalogue
      for (let i = 3; i < 21; i++) of.interactions += words[i] ?? 0;
    }
  }
  return sum;
}
