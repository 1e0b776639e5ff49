// Redis as it is operated: TLS, names, passwords, and all the ways in which it
// stops answering.

import { readFileSync } from 'node:fs';
import net from 'node:net';
import { ask, assert, get, request, sanitized, sleep, test, until }
  from './harness.mjs';
import { away, back, fee, hits, load, miss, refuses, why, words }
  from './lib/words.mjs';

// ---- TLS

async function tlsRedis(stage, authority, names, ...more) {
  const { cert, key } = await authority.certificate('server', names);
  const port = 20000 + Math.floor(Math.random() * 9000);
  const redis = await stage.redis({ args: ['--tls-port', String(port),
    '--tls-cert-file', cert, '--tls-key-file', key,
    '--tls-ca-cert-file', authority.ca, ...more] });
  return { redis, url: `rediss://127.0.0.1:${port}` };
}

test('TLS: by address, and by a name that the certificate has', async (stage) => {
  const authority = await stage.authority();
  const { url } = await tlsRedis(stage, authority,
    'DNS:redis.test,DNS:*.cache.test,IP:127.0.0.1', '--tls-auth-clients', 'no');
  for (const name of ['', 'server_name=redis.test', 'server_name=a.cache.test']) {
    const { nginx, port } = await (await stage.elsewhere()).site({
      http: `assist_redis ${url} ca=${authority.ca} timeout=1s prefix=${name}: ${name};` });
    assert.equal(await words(port, 3), 'MISS HIT HIT');
    assert.deepEqual(nginx.logged(away), []);
  }
});

test('TLS: a client certificate, where Redis asks for one', async (stage) => {
  const authority = await stage.authority();
  const { url } = await tlsRedis(stage, authority, 'IP:127.0.0.1');
  const { cert, key } = await authority.certificate('client', 'DNS:portal');
  const ca = `assist_redis ${url} ca=${authority.ca} timeout=1s`;
  const known = await stage.site({
    http: `${ca} certificate=${cert} certificate_key=${key};` });
  assert.equal(await words(known.port, 2), 'MISS HIT');
  const unknown = await (await stage.elsewhere()).site({ http: `${ca};` });
  assert.equal(await words(unknown.port, 3), miss(3));
  await until(() => unknown.nginx.logged(away).length, 'a line');
  assert.doesNotMatch(await words(unknown.port, 5), /HIT/);
  why(unknown.nginx);
});

for (const [what, names, option, reason] of [
  ['a certificate for another name', 'DNS:other.test', 'server_name=redis.test',
   /certificate is not for "redis\.test" \(server_name= of assist_redis/],
  ['a certificate for another address', 'IP:127.0.0.2', '',
   /certificate is not for "127\.0\.0\.1"/],
  ['a name where only the address is certified', 'IP:127.0.0.1',
   'server_name=redis.test', /certificate is not for "redis\.test"/],
  ['an unknown authority', 'IP:127.0.0.1', 'ca={{dir}}/stranger-ca.pem',
   /certificate is not trusted: .*\(is ca= of assist_redis its authority\?\)/],
]) {
  test(`TLS: ${what} is refused before the password is sent`, async (stage) => {
    const authority = await stage.authority();
    await stage.authority('stranger');
    stage.write('password', 'hush');
    const { redis, url } = await tlsRedis(stage, authority, names,
                                          '--tls-auth-clients', 'no');
    await redis.command('CONFIG', 'RESETSTAT');
    const ca = option.startsWith('ca=') ? '' : `ca=${authority.ca}`;
    const { nginx, port } = await stage.site({
      http: `assist_redis ${url} password_file=password ${ca} ${option} timeout=1s;` });
    assert.equal(await words(port, 5), miss(5));
    assert.match(why(nginx), reason);
    assert.doesNotMatch(await redis.command('INFO', 'commandstats'), /cmdstat_auth/);
  });
}

test('TLS to a server without it: misses, and OpenSSL says why', async (stage) => {
  const redis = await stage.redis();
  const authority = await stage.authority();
  const { nginx, port } = await stage.site({
    http: `assist_redis rediss://${redis.address} ca=${authority.ca} timeout=1s;` });
  assert.equal(await words(port, 3), miss(3));
  assert.match(why(nginx), /SSL_do_handshake\(\) failed|TLS handshake|in time/);
});

test('TLS: large values, many at once, Redis killed and back', async (stage) => {
  const authority = await stage.authority();
  const { redis, url } = await tlsRedis(stage, authority, 'IP:127.0.0.1',
                                        '--tls-auth-clients', 'no');
  const { nginx, port } = await stage.site({
    http: `assist_redis ${url} ca=${authority.ca} timeout=2s;`,
    hooks: { 'a.lua': `
      local assist = require "assist"
      return { name = "a", request = function(ctx)
        local args = ctx.request.args
        local big = string.rep(args.k, 200000)
        assist.redis("SET", args.k, big)
        ctx:reply(200, tostring(assist.redis("GET", args.k) == big))
      end }` },
    server: 'location /a/ { assist_hook a.lua; assist_hook_timeout 10s; }' });
  const many = () => Promise.all(Array.from({ length: 12 }, async (_, i) =>
    (await get(port, `/a/?k=${i}`)).text));
  assert.deepEqual(await many(), Array(12).fill('true'));
  await redis.kill();
  assert.doesNotMatch((await many()).join(), /true/);
  await redis.start();
  await until(async () => (await many()).every((text) => text === 'true'), 'back');
  assert.equal(nginx.logged(away).length, 1);
});

// ---- who we are

test('an ACL user', async (stage) => {
  const redis = await stage.redis();
  await redis.command('ACL', 'SETUSER', 'portal', 'on', '>hush', '~assist:*',
                      '+get', '+set', '+ping', '+select');
  stage.write('password', 'hush\n');
  const { nginx, port } = await stage.site({
    http: `assist_redis ${redis.url}/2 user=portal password_file=password timeout=1s;` });
  assert.equal(await words(port, 2), 'MISS HIT');
  // a lease that cannot be given back ends by itself
  assert.equal(nginx.logged(refuses).length, 1);
  assert.match(nginx.logged(refuses)[0], /NOPERM/);
  await redis.command('ACL', 'SETUSER', 'portal', '-get');
  assert.equal(await words(port, 20), miss(20));
  assert.deepEqual(nginx.logged(away), []);
});

test('an ACL user with the commands that the README names', async (stage) => {
  const redis = await stage.redis();
  const [, named] = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
    .match(/^\| `user=`.*ACL user; needs (.*); `select` for a database/m);
  await redis.command('ACL', 'SETUSER', 'portal', 'on', '>hush', '~assist:*',
    ...named.match(/`[a-z]+`/g).map((name) => `+${name.slice(1, -1)}`));
  stage.write('password', 'hush\n');
  const { nginx, port } = await stage.site({
    http: `assist_redis ${redis.url} user=portal password_file=password timeout=1s;` });
  assert.equal(await words(port, 2), 'MISS HIT');
  await until(() => redis.command('KEYS', 'assist:ledger:*'), 'a ledger', 30000);
  const { json } = await request(port, { method: 'POST',
    path: '/assist-status/cache/purge', headers: { 'X-Assist-Admin': '1' },
    body: '{"all":true}' });
  assert.equal(json.nodes, 'all');
  assert.equal(await words(port, 2), 'MISS HIT');
  assert.deepEqual(nginx.logged(refuses), []);
  assert.equal(await redis.command('KEYS', 'assist:l:*'), '');
});

for (const [what, options, option, reason] of [
  ['a wrong password', { password: 'right' }, '',
   /^WRONGPASS .*\(check user= and password_file= of assist_redis\)$/],
  ['a wrong user', { password: 'hush' }, 'user=nobody', /^WRONGPASS /],
  ['a password where there is none', {}, '',
   /\(it has none: take password_file= from assist_redis\)$/],
  ['a server without AUTH, whose error repeats it',
   { args: ['--rename-command', 'AUTH', ''] }, '', /^it does not take AUTH: check user= and password_file=/],
]) {
  test(`${what}: one line that says what to do, without the password`,
    async (stage) => {
      const redis = await stage.redis(options);
      stage.write('password', 'hush');
      const { nginx, port } = await stage.site({ level: 'debug',
        http: `assist_redis ${redis.url} password_file=password ${option};` });
      for (let i = 0; i < 10; i++) {
        assert.equal(await words(port, 1), 'MISS');
        await sleep(30);
      }
      assert.match(why(nginx), reason);
      assert.doesNotMatch(nginx.log(), /hush/);
    });
}

// ---- where it is

test('an IPv6 address', async (stage) => {
  const redis = await stage.redis({ host: '::1' });
  const { port } = await stage.site({ http: `assist_redis ${redis.url}/1 timeout=1s;` });
  assert.equal(await words(port, 2), 'MISS HIT');
});

test('a name that comes later, and moves', { timeout: 120000 }, async (stage) => {
  const here = await stage.redis();
  const there = await stage.redis({ host: '127.0.0.2', port: here.port });
  const names = await stage.names({});
  const { nginx, port } = await stage.site({ http: `
    resolver ${names.address} ipv6=off;
    assist_redis redis://redis.test:${here.port} timeout=1s;` });
  assert.equal(await words(port, 3), miss(3));
  assert.match(why(nginx), /name could not be resolved \(Host not found\)/);
  names.names['redis.test'] = ['127.0.0.1'];
  await hits(port);
  // the ledger, too, writes there
  const kept = () => there.command('KEYS', 'assist:c:*');
  assert.equal(await kept(), '');

  // while the old server lives on; a look-up that fails is repeated after 10 s
  names.names['redis.test'] = ['127.0.0.2'];
  await until(async () => await words(port, 1) && await kept(),
              'it follows the name', 40000);
  await hits(port);
  assert.equal(nginx.logged(/has another address now/).length, 1);

  // a name server that fails takes nothing away
  delete names.names['redis.test'];
  const { asked } = names;
  await until(async () => await words(port, 1) && names.asked > asked, 'it asks', 30000);
  assert.equal(await words(port, 3), 'HIT HIT HIT');
  assert.equal(nginx.logged(away).length, 1);
});

test('of a name with two addresses the one that answers is used', async (stage) => {
  const redis = await stage.redis();
  const names = await stage.names({ 'redis.test': ['127.0.0.9', '127.0.0.1'] });
  const { port } = await stage.site({ http: `
    resolver ${names.address} ipv6=off;
    assist_redis redis://redis.test:${redis.port};` });
  await hits(port);
});

// ---- when it does not answer

test('a stopped Redis: after the first few nobody waits for it', async (stage) => {
  const redis = await stage.redis();
  const { nginx, port } = await stage.site({
    http: `assist_redis ${redis.url} timeout=2s;` });
  assert.equal(await words(port, 2), 'MISS HIT');
  redis.pause();
  let waited = 0;
  for (let i = 0; i < 60; i++) {
    const { json, ms } = await ask(port, fee);
    assert.equal(json.cache, 'MISS');
    waited += ms > 1900;
    await sleep(20);
  }
  assert.ok(waited >= 1 && waited <= 3, `${waited} questions waited`);
  assert.equal(why(nginx), 'it does not answer in time');
  redis.resume();
  await hits(port);
  assert.equal(nginx.logged(back).length, 1);
});

test('a stopped Redis from the start, too', async (stage) => {
  const redis = await stage.redis();
  redis.pause();
  const { nginx, port } = await stage.site({
    http: `assist_redis ${redis.url} timeout=1s;` });
  assert.equal(await words(port, 300), miss(300));
  assert.equal(why(nginx), 'it does not answer in time');
  redis.resume();
  await hits(port);
});

test('a Redis whose every answer is late is away', async (stage) => {
  // PING is answered at once, a GET after 0.7 s
  const address = await stage.server((client) => client.on('data', (data) => {
    const ping = String(data).includes('PING');
    setTimeout(() => client.write(ping ? '+PONG\r\n' : '$-1\r\n'), ping ? 0 : 700);
  }));
  const { nginx, port } = await stage.site({
    http: `assist_redis redis://${address} timeout=500ms;` });
  // of 150 questions all would wait half a second
  assert.equal(await words(port, 150), miss(150));
  assert.equal(why(nginx), 'it does not answer in time');
});

test('load, while Redis sleeps, stops, is killed, is started', async (stage, t) => {
  const redis = await stage.redis({ args: ['--enable-debug-command', 'yes'] });
  const { nginx, port } = await stage.site({
    http: `assist_redis ${redis.url} timeout=500ms;` });
  const run = load(port);
  let got;
  try {
    await run.more('HIT');
    await redis.command('DEBUG', 'SLEEP', '3');
    await run.more('HIT');
    redis.pause();
    await run.more('MISS', 100);
    redis.resume();
    await run.more('HIT');
    await redis.kill();
    await run.more('MISS', 100);
    await redis.start();
    await run.more('HIT');
  } finally {
    got = await run.stop();
  }
  t.diagnostic(`slowest: ${Math.round(got.slowest)} ms`);
  assert.equal(nginx.logged(away).length, 3);
  assert.equal(nginx.logged(back).length, 3);
});

// (ASan keeps what was freed)
test('QUIT while Redis is waited for: what was asked is answered', async (stage) => {
  const redis = await stage.redis();
  const { nginx, port } = await stage.site({ http: `assist_redis ${redis.url} timeout=20s;` });
  await hits(port);
  redis.pause();
  const asked = ask(port, fee);
  await sleep(300);
  const ended = nginx.stop();
  await sleep(300);
  redis.resume();
  assert.equal((await asked).json.cache, 'HIT');
  await ended;
});

test('what waits for a stopped Redis is bounded', { skip: sanitized }, async (stage) => {
  const redis = await stage.redis();
  const { nginx, port } = await stage.site({
    http: `assist_redis ${redis.url} timeout=20s;`,
    hooks: { 'a.lua': `
      local assist = require "assist"
      local big = string.rep("x", 250000)
      return { name = "a", request = function(ctx)
        assist.cache.set(ctx.request.args.k, big, 60)
        ctx:reply(200, "set")
      end }` },
    server: 'location /a/ { assist_hook a.lua; }' });
  const memory = () => Number(/VmRSS:\s+(\d+)/.exec(
    readFileSync(`/proc/${nginx.pids[0]}/status`, 'utf8'))[1]);
  await get(port, '/a/?k=0');
  redis.pause();
  const before = memory();
  for (let i = 0; i < 400; i++) await get(port, `/a/?k=${i}`);
  const grown = memory() - before;
  assert.ok(grown < 32000, `${grown} kB for 100 MB`);
  redis.resume();
  await hits(port);
});

// ---- when it answers with errors

test('a full Redis: misses, hits of what it has, one line', async (stage) => {
  const redis = await stage.redis();
  const { nginx, port } = await stage.site({ http: `assist_redis ${redis.url} timeout=1s;` });
  assert.equal(await words(port, 2), 'MISS HIT');
  await redis.command('CONFIG', 'SET', 'maxmemory', '1');
  for (let i = 0; i < 20; i++) {
    assert.equal(await words(port, 1), 'HIT');
    assert.equal(await words(port, 1, `lệ phí hộ chiếu ${i}`), 'MISS');
  }
  assert.equal(nginx.logged(refuses).length, 1);
  assert.match(nginx.logged(refuses)[0], /OOM command not allowed/);
  assert.deepEqual(nginx.logged(away), []);
});

test('a master that became a replica: its address is tried anew', async (stage) => {
  const redis = await stage.redis();
  const other = await stage.redis();
  let master = redis;
  const address = await stage.server((client) => {
    const server = net.connect(master.port, '127.0.0.1').on('error', () => {});
    client.pipe(server).pipe(client);
  });
  const { nginx, port } = await stage.site({ http: `assist_redis redis://${address} timeout=1s;` });
  assert.equal(await words(port, 2), 'MISS HIT');
  master = other;
  await redis.command('REPLICAOF', '127.0.0.1', String(other.port));
  await until(async () => /master_link_status:up/.test(
    await redis.command('INFO', 'replication')), 'it follows');
  await hits(port);
  assert.match(await other.command('KEYS', 'assist:c:*'), /^assist:c:\S+$/);
  assert.equal(nginx.logged(refuses).length, 1);
  assert.match(nginx.logged(refuses)[0], /READONLY/);
  assert.deepEqual(nginx.logged(away), []);
});

// Replies of a server that is none, or means harm.
for (const [what, reply, reason] of [
  ['HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n', /not understood/],
  ['a list of two billion', '*2147483647\r\n', /too large/],
  ['a string of two gigabytes', '$2147483647\r\n', /too large/],
  ['lists without end', '*1\r\n'.repeat(9), /too large/],
  ['a negative length', '$-7\r\n', /bad length/],
  ['too many replies', '+OK\r\n+OK\r\n+OK\r\n', /what was not asked/],
  ['LOADING', '-LOADING Redis is loading the dataset in memory\r\n', /^LOADING Redis/],
  ['an end', '', /closed the connection/],
]) {
  test(`Redis answers with ${what}: misses, and one line`, async (stage) => {
    const address = await stage.server((client) =>
      client.on('data', () => (reply ? client.write(reply) : client.end())));
    const { nginx, port } = await stage.site({
      http: `assist_redis redis://${address};` });
    for (let i = 0; i < 5; i++) {
      assert.equal(await words(port, 1), 'MISS');
      await sleep(60);
    }
    assert.match(why(nginx), reason);
  });
}
