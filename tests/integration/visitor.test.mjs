// What a provider, and whoever reads the logs, learns of the citizen: nothing.

import { ask, assert, listen, request, test, until } from './harness.mjs';

const person = ['079203001234', '0912 345 678', 'an.nguyen@example.vn'];
const question = `Tôi là ${person[0]}, số ${person[1]}, thư ${person[2]}, `
  + 'lệ phí hộ chiếu là bao nhiêu?';
const asked = { service: '1.001456', question };

const address = '127.0.0.9';            // where the citizen asks from
const session = { Cookie: 'phien=bi-mat-cookie',
                  Authorization: 'Bearer bi-mat-token',
                  'X-Forwarded-For': '203.0.113.77',
                  Referer: 'http://portal/ho-so/bi-mat-referer',
                  'User-Agent': 'bi-mat-agent',
                  'X-Csrf-Token': 'bi-mat-csrf' };
const secrets = [/bi-mat/, /203\.0\.113\.77/, /127\.0\.0\.9/];
const personal = [/079203001234/, /0912.?345.?678/, /nguyen/];
const key = /sk-secret/;

// A model that says back what it was told about the person, a letter at a time.
const echo = { tokens({ json }) {
  const told = json.messages.at(-1).content.match(/\[[A-Z]+_\d+\]/g) ?? [];
  return [...`Bạn là ${told.join(', ')} [1].`];
} };
const told = `Bạn là ${person.join(', ')} [1].`;

async function asking(stage, { server = '', ...options } = {}) {
  const provider = await stage.provider(echo);
  stage.write('key', 'sk-secret\n');
  const site = await stage.site({
    values: { provider: provider.address },
    http: `assist_provider main uri=/llm/main/v1/chat/completions model=m1
             key_file={{dir}}/key timeout=5s place=onprem;
           assist_cache_zone a:1m;
           log_format visits '$uri $status $assist_outcome $assist_model';
           proxy_set_header X-Real-IP $remote_addr;
           proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
           proxy_set_header X-Visitor "$http_cookie$http_user_agent";`,
    server: `access_log {{dir}}/access.log visits;
             location /llm/main/ {
               internal;
               proxy_pass http://{{provider}}/;
               proxy_http_version 1.1;
               proxy_buffering off;
             } ${server}`,
    chat: 'assist_use main;', ...options });
  return { ...site, provider };
}

function hasNone(text, patterns, where) {
  for (const pattern of patterns) {
    const line = text.split('\n').find((line) => pattern.test(line));
    assert.equal(line, undefined, `${where} has ${pattern}`);
  }
}

for (const [name, view] of [
  ['JSON', async (port) => (await ask(port, asked,
    { headers: session, localAddress: address })).json],
  ['a stream', async (port) => {
    const got = await listen(port, asked,
                             { headers: session, localAddress: address });
    assert.equal(got.text, told);
    return got.answer;
  }],
]) {
  test(`${name}: the provider and the logs have nothing, the citizen has all`,
    async (stage) => {
      const { port, nginx, provider } = await asking(stage,
                                                     { level: 'info' });
      const answer = await view(port);
      assert.equal(answer.outcome, 'answered');
      assert.equal(answer.answer, told);
      assert.equal(provider.requests.length, 1);
      hasNone(provider.heard, [...secrets, ...personal], 'the provider');

      await until(() => stage.read('evidence.log').includes('"interaction"'),
                  'evidence');
      await nginx.stop();
      assert.match(stage.read('access.log'), /^\/assist\/ask 200 answered m1$/m);
      for (const log of ['access.log', 'evidence.log']) {
        hasNone(stage.read(log), [...secrets, ...personal, key], log);
      }
      // nginx's own lines name their client
      hasNone(nginx.log(), [/bi-mat/, /203\.0\.113\.77/, ...personal, key],
              'error.log');
    });
}

test('a request to a provider has these headers, and no other',
  async (stage) => {
    const { port, provider } = await asking(stage);
    await ask(port, asked, { headers: session, localAddress: address });
    assert.deepEqual(Object.keys(provider.last.headers)
      .filter((name) => !/^(x-request-id|x-real-ip|x-forwarded-for)$/.test(name))
      .sort(),
      ['accept', 'authorization', 'connection', 'content-length',
       'content-type', 'host']);
    assert.equal(provider.last.headers.authorization, 'Bearer sk-secret');
  });

// At this level nginx itself writes each header of the citizen's, and the
// module's own calls with their keys; not what the citizen said.
test('not even the debug log has what the citizen said', async (stage) => {
  const { port, nginx } = await asking(stage, { level: 'debug' });
  await listen(port, asked, { headers: session, localAddress: address });
  await ask(port, asked);
  await nginx.stop();
  const lines = nginx.log();
  hasNone(lines, personal, 'error.log');
  hasNone(lines.split('\n').filter((line) => !/http header: "/.test(line))
    .join('\n'), [/bi-mat/], 'error.log');
});

test('a question with personal data is asked anew each time', async (stage) => {
  const { port, provider } = await asking(stage);
  for (let i = 1; i <= 2; i++) {
    const { json } = await ask(port, asked);
    assert.equal(json.answer, told);
    assert.notEqual(json.cache, 'HIT');
    assert.equal(provider.requests.length, i);
  }
});

test('two citizens at the same time get each their own', async (stage) => {
  const { port } = await asking(stage);
  const people = Array.from({ length: 20 }, (_, i) => `0792030012${10 + i}`);
  const answers = await Promise.all(people.map((id) => ask(port, {
    ...asked, question: `Tôi là ${id}, lệ phí hộ chiếu là bao nhiêu?` })));
  assert.deepEqual(answers.map(({ json }) => json.answer),
                   people.map((id) => `Bạn là ${id} [1].`));
});

test('who types a placeholder gets that back', async (stage) => {
  const { port, provider } = await asking(stage);
  const { json } = await ask(port, { ...asked,
    question: 'Tôi là 079203001234 hay [CCCD_1], lệ phí hộ chiếu?' });
  assert.equal(json.answer, 'Bạn là 079203001234, [CCCD_1] [1].');
  hasNone(provider.heard, personal, 'the provider');
});

test('a visitor cannot ask a provider\'s location', async (stage) => {
  const { port, provider } = await asking(stage);
  const { status } = await request(port, { method: 'POST', body: '{}',
    path: '/llm/main/v1/chat/completions' });
  assert.equal(status, 404);
  assert.equal(provider.requests.length, 0);
});
