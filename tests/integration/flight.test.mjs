// Equal questions at the same time: one answer is made for all of them.

import net from 'node:net';
import { ask, assert, get, listen, sanitized, sleep, test, until }
  from './harness.mjs';
import { errors, gate, L1, L2, node, visitor, workerOf } from './lib/flight.mjs';
import { answer } from './lib/provider.mjs';

const crowd = sanitized ? 200 : 500;
const fee = { service: '1.001456', question: 'Lệ phí là bao nhiêu?' };
const whole = answer.join('');
// the model is held here; a word is not said before it is known to be whole
const first = 'Lệ phí là 200.000';
const long = { timeout: 120000 };

const left = /client has left, others wait for its answer/;

// n clients ask at once, half of them for a stream; gives their answers.
const ask_all = (ports, n, question = fee) => Array.from({ length: n },
  async (_, i) => {
    const port = ports[i % ports.length];
    if (i % 2) return (await ask(port, question)).json;
    const got = await listen(port, question);
    assert.equal(got.error, undefined);
    assert.equal(got.cut, false);
    assert.equal(got.text, got.answer.answer);
    return got.answer;
  });

function all_answered(answers) {
  for (const json of answers) {
    assert.equal(json.outcome, 'answered');
    assert.equal(json.answer, whole);
    assert.equal(json.model, 'm1');
    assert.ok(!json.degraded);
  }
  return answers.map(({ cache }) => cache).sort();
}

const deployments = {
  'two nodes of 4 workers, with L1 and one Redis':
    { nodes: 2, workers: 4, zone: true, redis: true },
  'two nodes of 4 workers, with Redis only':
    { nodes: 2, workers: 4, redis: true },
  'a node of 4 workers, with L1 only': { nodes: 1, workers: 4, zone: true },
  'a node of one worker, without a cache': { nodes: 1, workers: 1 },
};

// The nodes of a deployment before one provider.
async function deploy(stage, { nodes, workers, zone, redis }, plan,
                      options = {}) {
  const provider = await stage.provider(plan);
  const server = redis && await stage.redis();
  const all = [];
  for (let i = 0; i < nodes; i++) {
    const place = i ? await stage.elsewhere() : stage;
    all.push(await node(place, provider, { workers, ...options,
      http: `${zone ? L1 : ''} ${server ? L2(server) : ''} ${options.http ?? ''}` }));
  }
  return { provider, redis: server, nodes: all,
           ports: all.map(({ even }) => even) };
}

const arrived = (nodes, n) => until(async () => {
  const busy = await Promise.all(nodes.map((one) => one.busy()));
  return busy.reduce((a, b) => a + b) === n;
}, `${n} requests are in nginx`, 30000);

for (const [what, deployment] of Object.entries(deployments)) {
  test(`${crowd} equal questions, ${what}: one call`, long, async (stage) => {
    const { open, hold } = gate();
    const { provider, nodes, ports } = await deploy(stage, deployment, { hold });
    const answers = ask_all(ports, crowd);
    await arrived(nodes, crowd);
    open();
    const states = all_answered(await Promise.all(answers));
    assert.equal(provider.requests.length, 1);
    const { zone, redis } = deployment;
    assert.equal(states.filter((s) => s === 'HIT').length, crowd - 1);
    assert.equal(states.at(-1), zone || redis ? 'MISS' : null);
  });

  for (const way of ['HTTP/1.1', 'HTTP/2 reset', 'HTTP/2']) {
    test(`the leader's client leaves by ${way}, ${what}: one call`, long,
      async (stage) => {
        const { open, hold } = gate();
        const { provider, nodes, ports } = await deploy(stage, deployment,
                                                        { hold });
        const [{ nginx, even, two }] = nodes;
        const h2 = way !== 'HTTP/1.1';
        const leader = await visitor(h2 ? two : even, fee, { two: h2 });
        await until(() => leader.heard().includes('event: delta'), 'it begins');
        const answers = ask_all(ports, crowd);
        await arrived(nodes, crowd + 1);
        if (way === 'HTTP/2 reset') leader.reset();
        leader.leave();
        await until(() => nginx.logged(left).length, 'it has left');
        open();
        all_answered(await Promise.all(answers));
        assert.equal(provider.requests.length, 1);
        await arrived(nodes, 0);
      });
  }
}

for (const [what, deployment] of Object.entries(deployments).slice(0, 3)) {
  test(`the leader's worker is killed, ${what}: two calls`, long,
    async (stage) => {
      const { open, hold } = gate();
      const { provider, nodes, ports } = await deploy(stage, deployment,
        { hold }, { chat: 'assist_cache_lock_timeout 12s;' });
      const answers = Promise.allSettled(ask_all(ports, crowd));
      await arrived(nodes, crowd);
      const at = nodes.find(({ nginx }) => workerOf(nginx, provider.port));
      const began = Date.now();
      await at.nginx.kill(workerOf(at.nginx, provider.port));
      await until(() => provider.requests.length > 1, 'somebody takes over');
      const took = Date.now() - began;
      open();
      const ended = await answers;
      all_answered(ended.filter(({ value }) => value).map(({ value }) => value));
      // those whose worker it was have lost their connections
      const lost = ended.filter(({ status }) => status === 'rejected').length;
      assert.ok(lost < crowd * 2 / 3, `${lost} lost`);
      assert.equal(provider.requests.length, 2);
      assert.ok(took < 12000, `after ${took} ms`);
    });
}

test('a worker that slept past its lease leaves the next one its own', long,
  async (stage) => {
    const { open, hold } = gate();
    const { provider, redis, nodes: [{ nginx, port }, { port: next }] }
      = await deploy(stage, { nodes: 2, workers: 1, redis: true }, {},
                     { chat: 'assist_cache_lock_timeout 30s;' });
    const key = async () => (await redis.command('KEYS', 'assist:l:*'))
      .split('\n').filter(Boolean)[0];
    const owner = async (name) => redis.command('GET', name);
    // what a worker was late with has been sent, and more is answered
    const past = (n) => ask(port, { ...fee, question: `Mẫu số ${n} ở đâu?` });
    const calls = () => provider.requests.filter(({ body }) =>
      body.includes(fee.question));
    provider.next({ hold: () => new Promise(() => {}) }, { hold });
    const first = await visitor(port, fee);
    const lease = await until(key, 'it has a lease');
    await until(() => calls().length === 1, 'it asks');
    const [slept] = nginx.workerPids();
    process.kill(slept, 'SIGSTOP');
    const second = ask(next, fee);
    await until(() => calls().length === 2, 'the other node leads', 30000);
    const other = await owner(lease);
    process.kill(slept, 'SIGCONT');
    await past(1);
    assert.equal(await owner(lease), other, 'not renewed for the first');
    first.leave();
    await until(() => calls()[0].left, 'the first has ended');
    await past(2);
    assert.equal(await owner(lease), other, 'not released by the first');
    const third = ask(port, fee);
    await past(3);
    open();
    const both = (await Promise.all([second, third])).map(({ json }) => json);
    assert.deepEqual(all_answered(both), ['HIT', 'MISS']);
    assert.equal(calls().length, 2);
    assert.equal(await key(), undefined, 'released by who had it');
  });

// One worker, whose model is held in the middle of an answer.
async function held(stage, options = {}) {
  const { open, hold } = gate();
  const { plan, http = L1, ...more } = options;
  const provider = await stage.provider({ hold, ...plan });
  return { provider, open, ...await node(stage, provider, { http, ...more }) };
}

// A client that follows: its events so far, and its end.
function follower(port, question = fee, options = {}) {
  const seen = [];
  const end = listen(port, question, { ...options,
    onEvent: ({ event, data }) => seen.push(event === 'delta' ? data.text
                                                             : event) });
  return { seen, end, text: () => seen.join('') };
}

test('those who follow read it as it comes, late ones from its start',
  async (stage) => {
    const { port, open, provider } = await held(stage);
    const clients = [];
    for (let i = 0; i < 3; i++) {
      clients.push(follower(port));
      await until(() => clients.at(-1).text().startsWith(first), 'it reads');
    }
    // nobody has the end, which the model has not said
    for (const { text } of clients) assert.ok(whole.startsWith(text()));
    open();
    for (const { end } of clients) {
      const got = await end;
      assert.equal(got.text, whole);
      assert.equal(got.answer.answer, whole);
    }
    assert.equal(provider.requests.length, 1);
    assert.deepEqual((await Promise.all(clients.map(({ end }) => end)))
      .map((got) => got.answer.cache), ['MISS', 'HIT', 'HIT']);
  });

test('one that follows leaves: the others read on', async (stage) => {
  const { port, open, provider, reaches } = await held(stage);
  const leader = follower(port);
  await until(() => leader.text().startsWith(first), 'it begins');
  const one = await visitor(port, fee);
  const other = ask(port, fee);
  await reaches(3);
  one.leave();
  await reaches(2);
  open();
  assert.equal((await leader.end).text, whole);
  assert.equal((await other).json.answer, whole);
  assert.equal(provider.requests.length, 1);
});

for (const stream of [true, false]) {
  test(`all leave, ${stream ? 'streams' : 'JSON'}: the call is cancelled`,
    async (stage) => {
      const { port, nginx, provider, reaches } = await held(stage);
      const leader = await visitor(port, fee, { stream });
      await until(() => provider.last, 'it begins');
      const others = [await visitor(port, fee, { stream }),
                      await visitor(port, fee, { stream })];
      await reaches(3);
      leader.leave();
      await until(() => nginx.logged(left).length === 1, 'it has left');
      assert.equal(provider.last.left, false);
      others[0].leave();
      await reaches(2);
      assert.equal(provider.last.left, false);
      others[1].leave();
      await until(() => provider.last.left, 'the call is cancelled');
      await reaches(0);
      assert.equal(provider.requests.length, 1);
    });
}

test('a leader that cannot be written to: the others read on',
  async (stage) => {
    // it reads nothing, and its time to do so is over
    const words = Array(60).fill('lệ phí theo quy định, '.repeat(150));
    const { port, nginx, open, provider } = await held(stage, {
      plan: { tokens: [...words, ...Array(57).fill('hết '), '[1]', '.'] },
      server: 'listen 127.0.0.1:{{port small}} sndbuf=4k;',
      chat: 'send_timeout 1s;' });
    const body = JSON.stringify(fee);
    const slow = net.connect(nginx.ports.small, '127.0.0.1').pause();
    slow.on('error', () => {});
    slow.write(`POST /assist/ask HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream`
      + `\r\nContent-Type: application/json\r\nContent-Length: ${
        Buffer.byteLength(body)}\r\n\r\n${body}`);
    await until(() => provider.last, 'it begins');
    const other = follower(port);
    await until(() => other.seen.length, 'it reads');
    await until(() => nginx.logged(left).length, 'its time is over');
    open();
    const got = await other.end;
    slow.destroy();
    assert.equal(got.error, undefined);
    assert.equal(got.text, got.answer.answer);
    assert.equal(provider.requests.length, 1);
  });

const own = (body) => ({ 'own.lua': `local assist = require "assist"
  local chat = function(say) return assist.ai.chat { say = say, messages = {
    { role = "user", content = "?" } }, passages = { { text = "x", url = "/x" } } } end
  return { name = "own", ask = function(ctx) ${body} end }` });
const who = (name) => ({ headers: { Cookie: `who=${name}` } });

test('a hook that reads a cookie: nobody shares, nothing is kept',
  async (stage) => {
    const { port, open, provider, reaches } = await held(stage, {
      hooks: own(`ctx:say(ctx.request:header("cookie") .. " ") chat(true)`),
      chat: 'assist_hook own.lua;' });
    const clients = [follower(port, fee, who('a')), follower(port, fee, who('b'))];
    const json = ask(port, fee, who('c'));
    await reaches(3);
    // not one after another
    await until(() => provider.requests.length === 3, 'three calls');
    open();
    const [a, b] = await Promise.all(clients.map(({ end }) => end));
    assert.equal(a.text, `who=a ${whole}`);
    assert.equal(b.text, `who=b ${whole}`);
    assert.equal((await json).json.answer, `who=c ${whole}`);
    assert.equal(provider.requests.length, 3);
    assert.equal((await ask(port, fee, who('a'))).json.cache, 'MISS');
  });

test('a hook that reads a cookie after its first words', async (stage) => {
  const { port, open } = await held(stage, {
    hooks: own(`chat(true) ctx:say(ctx.request:header("cookie"))`),
    chat: 'assist_hook own.lua;' });
  const a = follower(port, fee, who('a'));
  await until(() => a.text().startsWith(first), 'it begins');
  const b = follower(port, fee, who('b'));
  await until(() => b.text().startsWith(first), 'it follows');
  const json = ask(port, fee, who('c'));
  open();
  assert.equal((await a.end).text, `${whole}who=a`);
  const got = await b.end;
  assert.doesNotMatch(JSON.stringify(got), /who=a/);
  assert.equal(got.error.code, 'error_provider');
  assert.equal((await json).json.answer, `${whole}who=c`);
});

test('assist_cache_scope: each scope has its own flight', async (stage) => {
  const { port, open, provider, reaches } = await held(stage, {
    hooks: own(`ctx:say(ctx.request:header("cookie") .. " ") chat(true)`),
    chat: 'assist_hook own.lua; assist_cache_scope $cookie_who;' });
  const names = ['a', 'b', 'a', 'b', 'a', 'b'];
  const all = names.map((name) => ask(port, fee, who(name)));
  await reaches(6);
  open();
  for (const [i, { json }] of (await Promise.all(all)).entries()) {
    assert.equal(json.answer, `who=${names[i]} ${whole}`);
  }
  assert.equal(provider.requests.length, 2);
  assert.equal((await ask(port, fee, who('b'))).json.answer, `who=b ${whole}`);
  assert.equal(provider.requests.length, 2);
});

test('a provider that fails: one after another, until it is left alone',
  async (stage) => {
    const { port, provider } = await held(stage,
      { plan: { hold: undefined, status: 503, body: '{}' } });
    const all = await Promise.all(Array.from({ length: 100 }, () =>
      ask(port, fee)));
    for (const { json } of all) {
      assert.equal(json.outcome, 'answered');
      assert.equal(json.degraded, true);
      assert.notEqual(json.cache, 'HIT');
    }
    // the breaker's three in a row
    assert.equal(provider.requests.length, 3);
  });

test('a hook that raises: each of its questions has its own trouble',
  async (stage) => {
    const { port, nginx } = await held(stage, {
      errors: [...errors, /boom/], hooks: own('assist.sleep(0.2) error("boom")'),
      chat: 'assist_hook own.lua;' });
    const all = await Promise.all(Array.from({ length: 5 }, () => ask(port, fee)));
    for (const { status, json } of all) {
      assert.equal(status, 500);
      assert.equal(json.outcome, 'error_hook');
    }
    assert.equal(nginx.logged(/boom/).length, 5);
  });

test('a hook that raises after its first words: what was read is the end',
  async (stage) => {
    const { port, open } = await held(stage, {
      errors: [...errors, /boom/], hooks: own('chat(true) error("boom")'),
      chat: 'assist_hook own.lua;' });
    const clients = [follower(port), follower(port)];
    for (const { text } of clients) {
      await until(() => text().startsWith(first), 'it reads');
    }
    open();
    for (const { end } of clients) {
      const got = await end;
      assert.equal(got.cut, false);
      assert.equal(got.error.code, 'error_hook');
      assert.ok(whole.startsWith(got.text), got.text);
    }
  });

test('assist_cache_lock off: each makes its own', async (stage) => {
  const { port, open, provider, reaches } = await held(stage,
    { chat: 'assist_cache_lock off;' });
  const all = Array.from({ length: 5 }, () => ask(port, fee));
  await reaches(5);
  await until(() => provider.requests.length === 5, 'five calls');
  open();
  all_answered((await Promise.all(all)).map(({ json }) => json));
});

test('assist_cache_lock_timeout: who waited that long makes its own',
  async (stage) => {
    const { port, open, provider } = await held(stage, {
      plan: { tokens: [whole] }, chat: 'assist_cache_lock_timeout 300ms;' });
    const all = [ask(port, fee), listen(port, fee).then((got) =>
      ({ json: got.answer }))];
    await until(() => provider.requests.length === 2, 'a second call');
    open();
    all_answered((await Promise.all(all)).map(({ json }) => json));
    assert.equal(provider.requests.length, 2);
  });

for (const [what, deployment] of Object.entries(deployments).slice(0, 3)) {
  test(`assist_cache_lock_timeout passes, ${what}: a call a worker, no more`,
    long, async (stage) => {
      const { open, hold } = gate();
      const { provider, nodes, ports } = await deploy(stage, deployment,
        { hold }, { chat: 'assist_cache_lock_timeout 1s;' });
      const answers = ask_all(ports, 100);
      await arrived(nodes, 100);
      await sleep(2500);
      open();
      all_answered(await Promise.all(answers));
      const most = deployment.nodes * deployment.workers;
      assert.ok(provider.requests.length <= most,
                `${provider.requests.length} calls`);
    });
}

test('a reload and QUIT with flights in the air: all are answered', long,
  async (stage) => {
    const redis = await stage.redis();
    const { nginx, even, open, provider, reaches } = await held(stage,
      { workers: 2, http: L1 + L2(redis) });
    const before = ask_all([even], 20);
    await reaches(20);
    await nginx.reload();
    const after = ask_all([even], 20);
    await reaches(40);
    const stopped = nginx.stop();
    await sleep(300);
    open();
    all_answered(await Promise.all([...before, ...after]));
    await stopped;
    assert.equal(provider.requests.length, 1);
  });
