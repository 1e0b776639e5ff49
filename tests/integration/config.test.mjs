// What nginx -t says about directives, files and hooks.

import { assert, csv, services, site, test } from './harness.mjs';

const chat = 'server { listen 127.0.0.1:{{port}}; location /a/ { assist_chat; } }';

// nginx -t refuses the http block, and says why.
function refuses(name, http, pattern, prepare = () => {}) {
  test(name, async (stage) => {
    prepare(stage);
    const { code, stderr } = await stage.check(http);
    assert.match(stderr, pattern);
    assert.match(stderr, /\[emerg\]/);
    assert.equal(code, 1, stderr);
  });
}

// nginx -t accepts the http block.
function accepts(name, http, prepare = () => {}) {
  test(name, async (stage) => {
    prepare(stage);
    const { code, stderr } = await stage.check(http, { portal: '127.0.0.1:9' });
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stderr, /\[(warn|error|emerg)\]/);
  });
}

accepts('a loaded module that is not used changes nothing', '');
accepts('the whole configuration of the tests', site({
  http: `assist_cache_zone answers:1m; assist_cache_valid answered 10m;
         assist_redis redis://127.0.0.1:6379/2 timeout=20ms prefix=x:;
         assist_levels levels.conf; assist_targets targets.conf;
         assist_node node-1; assist_hook_memory 8m; assist_synonyms more.txt;`,
  server: `assist_hook help.lua greeting=hi empty=; assist_hook_cpu 20ms;
           assist_hook_timeout 500ms; assist_exclude $arg_test $arg_staff;
           assist_service $arg_service; assist_cache_scope $arg_scope;
           location /quiet/ { assist_coverage_log off; }`,
}), (stage) => {
  stage.catalogue();
  stage.write('levels.conf', '# thresholds\nl3.interactions = 3\n');
  stage.write('targets.conf', 'agency:H29 2027-12-31 = 80\n');
  stage.write('more.txt', 'thẻ căn cước = căn cước công dân\n');
  stage.hooks({ 'help.lua': 'return { request = function() end }' });
});

refuses('a catalogue that does not exist', 'assist_catalog none.csv;',
        /open\(\) "\S+\/none\.csv" failed \(2: No such file/);
refuses('a catalogue that is given twice',
        'assist_catalog catalog.csv; assist_catalog catalog.csv;',
        /"assist_catalog" directive is duplicate in \S+nginx\.conf:\d+/,
        (stage) => stage.catalogue());
refuses('a level that means nothing', 'assist_catalog catalog.csv;',
        /catalog\.csv:3: unknown level "half"/, (stage) => stage.write(
          'catalog.csv', 'code,name,level\n1.000001,A,full\n1.000002,B,half\n'));
refuses('a row with too many fields', 'assist_catalog catalog.csv;',
        /catalog\.csv:2: 3 fields, but the header has 2/, (stage) =>
          stage.write('catalog.csv', 'code,name\n1.000001,A, B\n'));
refuses('a quote that is never closed, at the line where it opens',
        'assist_catalog catalog.csv;',
        /catalog\.csv:3: the quote that opens here is never closed/,
        (stage) => stage.write('catalog.csv',
          'code,name\n1.000001,A\n1.000002,"B\nC\n'));
refuses('a line after a text of several lines has its own number',
        'assist_catalog catalog.csv;', /catalog\.csv:4: the code is empty/,
        (stage) => stage.write('catalog.csv',
          'code,name\n1.000001,"A\nB"\n,C\n'));
refuses('a catalogue without a column for codes', 'assist_catalog catalog.csv;',
        /catalog\.csv:1: no column for a code; found: /,
        (stage) => stage.write('catalog.csv', 'number,name\n1,A\n'));
refuses('a catalogue that is not UTF-8', 'assist_catalog catalog.csv;',
        /catalog\.csv:2: not UTF-8 at character \d+ of the line/,
        (stage) => stage.write('catalog.csv',
          Buffer.from('code,name\n1.000001,\xd0\xe3ng k\xfd\n', 'latin1')));
refuses('a path with two stars', 'assist_catalog catalog.csv;',
        /catalog\.csv:2: .*\/a\/\*\/\*/, (stage) => stage.write('catalog.csv',
          csv([{ ...services[0], documents: '', paths: '/a/*/*' }])));
refuses('synonyms that cannot be read', `assist_catalog catalog.csv;
        assist_synonyms none.txt; ${chat}`, /none\.txt" failed \(2/,
        (stage) => stage.catalogue());
refuses('synonyms without a meaning, with file and line',
        `assist_catalog catalog.csv; assist_synonyms more.txt; ${chat}`,
        /more\.txt:2: /, (stage) => {
          stage.catalogue();
          stage.write('more.txt', '# mine\nno equals sign\n');
        });

const hooked = (directive) => `assist_hook_path hooks;
server { listen 127.0.0.1:{{port}}; assist on; ${directive} }`;

refuses('a notice that cannot be read', `assist_disclosure none.conf; ${chat}`,
        /open\(\) "\S+\/none\.conf" failed \(2: No such file/);
refuses('a notice in one language', `assist_disclosure ai.conf; ${chat}`,
        /"\S+\/ai\.conf": a line "en = text" is missing.* in \S+nginx\.conf:\d/,
        (stage) => stage.write('ai.conf', 'vi = AI\n'));
refuses('a notice in a language that we do not have, with file and line',
        `assist_disclosure ai.conf; ${chat}`,
        /ai\.conf:2: unknown language "fr"; known are vi, en/,
        (stage) => stage.write('ai.conf', 'vi = AI\nfr = IA\n'));
refuses('a notice that is given twice',
        `assist_disclosure ai.conf; assist_disclosure ai.conf; ${chat}`,
        /"assist_disclosure" directive is duplicate/,
        (stage) => stage.write('ai.conf', 'vi = AI\nen = AI\n'));
refuses('a hook with a syntax error, at the line of the hook',
        hooked('assist_hook bad.lua;'),
        /hooks\/bad\.lua:4: 'then' expected.* in \S+nginx\.conf:\d+/, (stage) =>
          stage.hooks({ 'bad.lua': 'return {\n  request = function(ctx)\n    if x\n  end\n}\n' }));
refuses('a hook that is bytecode', hooked('assist_hook byte.lua;'),
        /hooks\/byte\.lua:1: this is bytecode: nginx reads source only in \S+nginx\.conf:\d+/,
        (stage) => stage.hooks({ 'byte.lua': '\x1bLJ' }));
refuses('a hook that does not exist', hooked('assist_hook none.lua;'),
        /hook "none\.lua" was not found in assist_hook_path .* in \S+nginx\.conf:\d+/);
refuses('a hook by its whole path that does not exist',
        hooked('assist_hook /nowhere/none.lua;'),
        /"\/nowhere\/none\.lua" failed \(2/);
test('a hook by its whole path is reported at its own line', async (stage) => {
  const { stderr } = await stage.check(
    `assist_hook /nowhere/none.lua;\n\n\n${chat}\n`);
  const line = stage.read('nginx.conf').split('\n')
    .findIndex((text) => text.includes('/nowhere/none.lua')) + 1;
  assert.match(stderr, new RegExp(`none\\.lua" failed .* in \\S+:${line}\\n`));
});
refuses('a hook parameter without "="', hooked('assist_hook a.lua greeting;'),
        /invalid parameter "greeting", a hook takes key=value in \S+nginx\.conf:\d+/);
refuses('a hook parameter without a name', hooked('assist_hook a.lua =hi;'),
        /invalid parameter "=hi"/);
refuses('a folder of hooks that does not exist',
        `assist_hook_path nowhere; ${chat}`,
        /"\S+\/nowhere" failed \(a folder of hooks\) \(2: /);
refuses('too little memory for hooks', 'assist_hook_memory 1m;',
        /assist_hook_memory must be at least 4m/);

refuses('memory for hooks that is no size', 'assist_hook_memory lots;',
        /invalid value "lots" in "assist_hook_memory", it must be a size, such as 512k or 32m in \S+nginx\.conf:\d+/);
for (const name of ['assist_hook_cpu', 'assist_hook_timeout',
                    'assist_cache_lock_timeout', 'assist_page_wait']) {
  refuses(`${name} with what is no time`, `${name} soon;`,
          new RegExp(`invalid value "soon" in "${name}", it must be a time, such as 50ms, 2s or 1m in \\S+nginx\\.conf:\\d+`));
}
refuses('a time twice', 'assist_hook_cpu 5ms; assist_hook_cpu 6ms;',
        /"assist_hook_cpu" directive is duplicate/);
refuses('a budget that is no number', 'assist_token_budget much;',
        /invalid value "much" in "assist_token_budget", it must be a number of tokens a day; 0 is no bound in/);

refuses('a zone without a size', 'assist_coverage_zone coverage;',
        /invalid zone "coverage", it is written name:size/);
refuses('a zone whose size is none', 'assist_cache_zone answers:big;',
        /invalid zone size "answers:big"/);
refuses('a zone of a few bytes', 'assist_cache_zone answers:1k;',
        /zone "answers:1k" is too small/);
refuses('one zone for two things',
        'assist_cache_zone a:1m; assist_coverage_zone a:1m;',
        /zone "a" is already declared for a different use/);

const many = Array.from({ length: 2000 }, (_, i) => ({
  code: `1.${String(i).padStart(6, '0')}`, name: `Thủ tục số ${i}` }));

refuses('a coverage zone too small names the size that is needed',
        `assist_catalog catalog.csv; assist_coverage_zone coverage:1m; ${chat}`,
        /assist_coverage_zone "coverage" is too small for the 2000 services of "\S+catalog\.csv": make it at least \d+m/,
        (stage) => stage.catalogue(many));

test('the size that is named is enough', async (stage) => {
  stage.catalogue(many);
  const http = (size) => `assist_catalog catalog.csv;
    assist_coverage_zone coverage:${size}; ${chat}`;
  const { stderr } = await stage.check(http('1m'));
  const [, needed] = /make it at least (\d+m)/.exec(stderr);
  const second = await stage.check(http(needed));
  assert.equal(second.code, 0, second.stderr);
  await stage.nginx({ http: http(needed) });
});

for (const [url, why] of [
  ['http://127.0.0.1', /invalid address "http:\/\/127\.0\.0\.1", it is written redis:\/\//],
  ['127.0.0.1:6379', /invalid address/],
  ['redis://127.0.0.1/x', /invalid database number in "redis:\/\/127\.0\.0\.1\/x"/],
  ['redis://127.0.0.1:99999', /invalid port in/],
  ['redis://:secret@127.0.0.1', /takes no password in its address, use password_file=/],
  ['redis://no-such-host.invalid', /host not found in/],
  ['redis://', /no host in "redis:\/\/", it is written redis:\/\/host/],
  ['unix:', /no path in|invalid address/],
  ['redis://127.0.0.1 timeout=soon', /invalid parameter "timeout=soon", it takes a time/],
  [`redis://127.0.0.1 prefix=${'x'.repeat(129)}`,
   /has too long a prefix=, it may have 128 bytes/],
  ['redis://127.0.0.1 retries=3', /invalid parameter "retries=3", known are user=name, /],
  ['redis://no-such-host.invalid', /in \S+nginx\.conf:\d+; with a resolver in http\{\}/],
  ['redis://127.0.0.1,127.0.0.2', /several addresses only with sentinel= or cluster/],
  ['redis://127.0.0.1,/1 cluster', /no host in|invalid address/],
  ['redis://127.0.0.1/1 cluster', /takes no database with cluster/],
  ['redis://127.0.0.1 cluster sentinel=a', /takes sentinel= or cluster, not both/],
  ['redis://127.0.0.1 cluster "prefix={a}:"', /takes no "\{" in prefix= with cluster/],
  ['unix:/tmp/a.sock cluster', /takes no unix: with sentinel= or cluster/],
  ['redis://127.0.0.1 sentinel=', /invalid parameter "sentinel="/],
  ['redis://127.0.0.1 user=a', /takes user= only with password_file=/],
  ['redis://127.0.0.1 ca=ca.pem', /only with rediss:\/\//],
  ['rediss://127.0.0.1 ca=none.pem', /none\.pem"? failed|none\.pem/],
  ['rediss://127.0.0.1 certificate=a.pem', /takes certificate= and certificate_key= together/],
  ['redis://[::1', /invalid|no host|bracket/],
  ['redis://127.0.0.1 password_file=none', /none" failed \(2/],
]) {
  refuses(`assist_redis ${url}`, `assist_redis ${url};`, why);
}

for (const url of ['redis://[::1]:6380/2', 'redis://localhost/', 'rediss://127.0.0.1:6380',
  'redis://127.0.0.1,[::1]:26380/3 sentinel=portal', 'unix:/run/redis.sock',
  'rediss://127.0.0.1:7000,127.0.0.1:7001 cluster server_name=redis.test']) {
  accepts(`assist_redis ${url}`, `assist_redis ${url};`);
}

accepts('a name of assist_redis that is not known yet, with a resolver',
        'assist_redis redis://no-such-host.invalid; resolver 127.0.0.1;');

refuses('an empty password file',
        'assist_redis redis://127.0.0.1 password_file=secret;',
        /secret" is empty/, (stage) => stage.write('secret', '\n'));

for (const [line, why] of [
  ['l3.interactions', /levels\.conf:2: expected "name = value"/],
  ['l9.days = 3', /levels\.conf:2: unknown name "l9\.days"; known are /],
  ['l3.days = many', /levels\.conf:2: "l3\.days" must be a whole number from 1 to 28/],
  ['l4.answered = 80', /levels\.conf:2: "l4\.answered" must be a share between 0 and 1/],
]) {
  refuses(`assist_levels: ${line}`, 'assist_levels levels.conf;', why,
          (stage) => stage.write('levels.conf', `# thresholds\n${line}\n`));
}

refuses('a levels file that does not exist', 'assist_levels none.conf;',
        /none\.conf" failed \(2/);
refuses('a coverage log with a path outside http',
        'server { listen 127.0.0.1:{{port}}; assist_coverage_log x.log; }',
        /"assist_coverage_log" directive takes a path at the http level only/);
refuses('a coverage log with an unknown parameter',
        'assist_coverage_log x.log gzip=1;', /invalid parameter "gzip=1"/);
refuses('assist_cache_valid for an outcome that is not stored',
        'assist_cache_valid refused 1m;',
        /invalid outcome "refused", only "answered" is stored/);
refuses('assist_cache_valid with a time that is none',
        'assist_cache_valid soon;', /invalid time value "soon"/);
refuses('assist_chat outside a location', 'assist_chat;',
        /"assist_chat" directive is not allowed here/);
