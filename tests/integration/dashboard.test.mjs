// The dashboard: the figure's pages.  How they look is tests/browser's.

import http from 'node:http';

import { ask, assert, get, request, services, site, test }
  from './harness.mjs';

const at = (port, name) => get(port, `/assist-status/${name}`);

const isPage = (res, status = 200) => {
  assert.equal(res.status, status, res.text);
  assert.equal(res.headers['content-type'], 'text/html; charset=utf-8');
  assert.equal(res.headers['cache-control'], 'no-store');
  assert.match(res.headers['content-security-policy'],
               /^default-src 'none'; style-src 'self';/);
  assert.match(res.text, /^<!DOCTYPE html>\n<html lang="(vi|en)">/);
  assert.match(res.text, /<\/html>\n$/);
  assert.doesNotMatch(res.text, /style=|<style|<script|\son\w+=|https?:\/\//);
};

// Asks, and closes its connection after some ms, whatever has come by then.
const leave = (port, path, ms) => new Promise((resolve) => {
  const asked = http.get({ port, path, agent: false }, (res) => res.resume())
    .on('close', resolve).on('error', () => {});
  setTimeout(() => asked.destroy(), ms);
});

const yesterday = new Date(Date.now() - 86400000).toISOString().slice(0, 10);
const fresh = services.map((row) => ({ ...row, updated: yesterday }));

test('each page in both languages, and its style sheet', async (stage) => {
  const { port } = await stage.site({ rows: fresh });
  await ask(port, { service: '1.001456', question: 'Lệ phí?' });
  for (const name of ['', 'method', 'agency/G01', 'service/1.001456',
                      'service/1.001456@G01']) {
    const [vi, en] = [await at(port, name), await at(port, `${name}?lang=en`)];
    isPage(vi);
    isPage(en);
    assert.match(vi.text, /<html lang="vi">/);
    assert.match(en.text, /<html lang="en">/);
    // what is left without a word would be a key of its own
    assert.doesNotMatch(vi.text + en.text, /nil|userdata|%[sd]/);
    const [, style] = vi.text.match(/<link rel="stylesheet" href="([^"]+)">/);
    const css = await get(port, new URL(style,
      `http://x/assist-status/${name}`).pathname);
    assert.equal(css.headers['content-type'], 'text/css; charset=utf-8');
    assert.ok(css.headers.etag);
  }
  const head = await request(port, { method: 'HEAD', path: '/assist-status/' });
  assert.deepEqual([head.status, head.text], [200, '']);
});

test('the method page has every rule of coverage.json', async (stage) => {
  const { port } = await stage.site({ rows: fresh });
  const { method } = JSON.parse((await at(port, 'coverage.json')).text);
  const { text } = await at(port, 'method?lang=en');
  const rules = Object.values(method).filter((rule) => typeof rule === 'string');
  assert.ok(rules.length > 10);
  for (const rule of rules) {
    assert.ok(text.includes(rule.slice(0, 30)), rule);
  }
});

test('the headline, its target, and what is beside it', async (stage) => {
  stage.write('levels', 'l3.interactions = 1\nl3.days = 1\n');
  const { port } = await stage.site({ rows: fresh,
                                      http: 'assist_levels levels;' });
  await ask(port, { service: '1.001456', question: 'Lệ phí?' });
  const { text } = await at(port, '');
  assert.match(text, /<p class="ratio"><data value="50\.00">50,00\u00a0%</);
  assert.match(text, /1 trên 2 dịch vụ/);
  assert.match(text, /L3 Có người dùng<\/dt><dd>1 \(50,00\u00a0%\)/);
  assert.match(text, /<svg viewBox="0 0 366 226" role="img"/);
  assert.match(text, /31\/12\/2030<\/th><td class="n">100,00\u00a0%/);
  // the agency that is ahead comes first
  assert.ok(text.indexOf('agency/G01') < text.indexOf('agency/H29'));
});

test('a service says what it lacks, and of whom it is', async (stage) => {
  const { port } = await stage.site({ rows: fresh });
  await ask(port, { service: '1.001456', question: 'Lệ phí?' });
  const { text } = await at(port, 'service/1.001456@G01?lang=en');
  assert.match(text, /L2 Enabled<\/strong>: reached/);
  assert.match(text, /L3 Exercised<\/strong>: not reached, it lacks: answered interactions \(at least 5\); days with an answered interaction \(at least 3\)/);
  assert.match(text, /<a href="\.\/\.\.\/agency\/G01\?lang=en">Bộ Công an<\/a>/);
  assert.match(text, /Answered<\/th><td class="n">1 \(100\.00\u00a0%\)/);
});

test('what is not there is said with 404, whatever its name', async (stage) => {
  const { port } = await stage.site({ rows: fresh });
  for (const name of ['agency/X', 'service/9.999999', 'agency/', 'service/',
                      'agency/%3Cscript%3Ealert(1)%3C%2Fscript%3E',
                      'service/%FF%22%3E']) {
    const got = await at(port, name);
    isPage(got, 404);
    assert.match(got.text, /Không có (cơ quan|dịch vụ) này/);
  }
  for (const name of ['method/x', 'x', 'agency', 'serviceX/1']) {
    const got = await at(port, name);
    assert.deepEqual([got.status, got.json.error.code], [404, 'not_found']);
  }
  const post = await request(port, { method: 'POST', path: '/assist-status/',
                                     body: 'x' });
  assert.deepEqual([post.status, post.headers.allow], [405, 'GET, HEAD']);
});

test('names of a catalogue are text, and links lead to them', async (stage) => {
  const nasty = '<b>A&B</b> "x" / é %2F';
  const { port } = await stage.site({ rows: [
    { ...fresh[0], name: `Tên ${nasty}`, agency_code: '', agency: nasty,
      field: nasty },
    { ...fresh[1], agency_code: '', agency: '' }] });
  const { text } = await at(port, '');
  assert.doesNotMatch(text, /<b>/);
  const links = [...text.matchAll(/href="(\.\/(?:agency|service)\/[^"]*)"/g)];
  assert.ok(links.length >= 4, text);
  for (const [, href] of links) {
    const got = await get(port, `/assist-status/${href.slice(2)}`);
    isPage(got);
    assert.doesNotMatch(got.text, /<b>/);
    assert.match(got.text, /href="\.\/\.\.\/status\.css"/);
  }
  isPage(await at(port, 'agency/'));
});

test('a code of several agencies, and an agency of many services',
     async (stage) => {
  const rows = ['H01', 'H02'].map((agency_code) => (
    { ...fresh[0], agency_code, agency: `Tỉnh ${agency_code}`, paths: '' }));
  for (let i = 0; i < 230; i++) {
    rows.push({ ...fresh[0], code: `2.${String(i).padStart(6, '0')}`,
                name: `Thủ tục số ${i}`, agency_code: 'H03', agency: 'Sở C',
                paths: '' });
  }
  const { port } = await stage.site({ rows });
  const several = await at(port, 'service/1.001456');
  isPage(several);
  assert.match(several.text, /có ở 2 cơ quan/);
  assert.match(several.text, /service\/1\.001456@H02"/);

  const count = async (name) => {
    const got = await at(port, name);
    isPage(got);
    return [(got.text.match(/service\/2\./g) ?? []).length,
            /page=\d+">Trang trước/.test(got.text),
            /page=\d+">Trang sau/.test(got.text)];
  };
  assert.deepEqual(await count('agency/H03'), [100, false, true]);
  assert.deepEqual(await count('agency/H03?page=3'), [30, true, false]);
  for (const number of ['0', '-1', 'x', '', '99999999999999']) {
    assert.deepEqual(await count(`agency/H03?page=${number}`),
                     [100, false, true]);
  }
  assert.equal((await count('agency/H03?page=9'))[0], 0);
});

test('made in slices it is the same: of many services, for many at once',
     async (stage) => {
  const rows = [...Array(5000).keys()].map((i) => ({ ...fresh[0], paths: '',
    code: `2.${String(i).padStart(6, '0')}`, name: `Thủ tục số ${i}`, aliases: '',
    agency_code: `H${i % 40}`, agency: `Sở ${i % 40}`, essential: i % 10 ? '' : 1 }));
  const { port } = await stage.site({ rows, zone: 'coverage:16m' });
  // one a slice, and at both ends
  const asked = [0, 1, 2047, 2048, 3003, 4999];
  for (const i of asked) {
    await ask(port, { service: rows[i].code, question: 'Lệ phí?' });
  }
  const names = ['coverage.json', 'services.json', 'services.csv', 'metrics', '',
                 'agency/H3', `service/${rows[3003].code}`];
  const [coverage, services, csv, metrics, page, agency, service]
    = await Promise.all(names.map((name) => at(port, name)));

  const found = services.json.services;
  assert.deepEqual(found.map(({ code }) => code), rows.map(({ code }) => code));
  assert.deepEqual(found.flatMap((one, i) => (one.interactions ? [i] : [])), asked);
  assert.equal(csv.text.split('\n').length, rows.length + 2);
  const [official, essential] = coverage.json.measures;
  assert.deepEqual([official.numerator, official.denominator,
                    essential.numerator, essential.denominator], [6, 5000, 1, 500]);
  assert.deepEqual(coverage.json.agencies.filter((one) => one.numerator)
    .map((one) => [one.code, one.numerator, one.denominator]),
    [['H0', 1, 125], ['H1', 1, 125], ['H3', 1, 125], ['H39', 1, 125],
     ['H7', 1, 125], ['H8', 1, 125]]);
  assert.equal(coverage.json.roadmap.remaining, 4994);
  assert.match(metrics.text, /\nassist_interactions_kind_total\{kind="ask"\} 6\n/);
  isPage(page);
  isPage(agency);
  isPage(service);
  assert.match(page.text, /6 trên 5\.000 dịch vụ/);

  // some leave, the others get theirs
  await Promise.all([...Array(8)].map(async (_, i) => {
    const left = leave(port, '/assist-status/services.json', 1 + i);
    assert.equal((await at(port, 'services.json')).text.length, services.text.length);
    await left;
  }));
});

test('an agency against a target of its own, and one without', async (stage) => {
  stage.write('targets', 'agency:H29 2099-12-31 = 80\n');
  const { port } = await stage.site({ rows: fresh, http: 'assist_targets targets;' });
  await ask(port, { service: '1.001456', question: 'Lệ phí?' });
  const with_one = (await at(port, 'agency/H29?lang=en')).text;
  assert.match(with_one, /<p class="verdict"><span class="state behind">/);
  assert.match(with_one, /Against the target<\/dt><dd><data value="80\.00">80\.00 points short/);
  assert.match(with_one, /Services missing today<\/dt><dd>1</);
  assert.match(with_one, /100\.00\u00a0% on 2099|80\.00\u00a0% on 2099-12-31/);
  const without = (await at(port, 'agency/G01?lang=en')).text;
  assert.match(without, /This agency has no target of its own/);
  assert.doesNotMatch(without, /verdict/);
  // and the forecast that there is not is said in words
  assert.match(with_one, /Forecast<\/dt><dd>none yet: it is made of closed months/);
});

test('long lists have pages', async (stage) => {
  const rows = [...Array(205).keys()].map((i) => ({ ...fresh[0], paths: '', aliases: '',
    code: `2.${String(i).padStart(6, '0')}`, agency_code: `X${String(i).padStart(3, '0')}`,
    agency: `Xã số ${i}`, field: `Lĩnh vực ${i % 3}` }));
  const { port } = await stage.site({ rows });
  const page = async (query) => {
    const got = await at(port, query);
    isPage(got);
    const agencies = [...got.text.matchAll(/agency\/(X\d+)/g)].map(([, code]) => code);
    return { text: got.text, agencies: [...new Set(agencies)],
             links: [...got.text.matchAll(/href="[^"]*[?;]page=(\d+)"/g)].map(([, n]) => n) };
  };
  const [first, second, third, beyond] = await Promise.all(
    ['', '?page=2', '?page=3&lang=en', '?page=4'].map(page));
  assert.match(first.text, /Trang 1 trên 3/);
  assert.deepEqual([first.links, second.links, third.links], [['2'], ['1', '3'], ['2']]);
  const listed = [first.text.split('<h2>Lộ trình')[0].match(/agency\/X\d+/g),
                  second.agencies, third.agencies].map((list) => list.length);
  assert.deepEqual(listed, [100, 100, 5]);
  assert.equal(new Set([...second.agencies, ...third.agencies]).size, 105);
  assert.doesNotMatch(second.text, /class="ratio"|Lĩnh vực 0/);
  assert.match(third.text, /lang=en/);
  assert.match(beyond.text, /Không có dịch vụ nào ở trang này/);
});

test('links hold below any address, with and without a last slash',
     async (stage) => {
  stage.catalogue(fresh);
  const portal = await stage.portal();
  const { port } = await stage.nginx({ values: { portal: portal.address },
    http: site({ server: 'location /so-lieu { assist_status; }' }) });
  for (const [path, style] of [['/so-lieu', './so-lieu/status.css'],
                               ['/so-lieu/', './status.css'],
                               ['/so-lieu/method', './status.css'],
                               ['/so-lieu/agency/G01', './../status.css']]) {
    const got = await get(port, path);
    isPage(got);
    assert.ok(got.text.includes(`href="${style}"`), path);
  }
});

test('a page of the portal\'s own in place of the shipped one', async (stage) => {
  const { port } = await stage.site({ hooks: { 'assist/pages/status.lua':
    `local html = require("assist").html
     return { render = function(data, emit)
       emit(html("%s %s", data.page, data.coverage.measures[1].denominator))
     end }` } });
  assert.equal((await at(port, '')).text, 'overview 2');
});

test('it is no page of the portal: no view, no hook, nothing put into it',
     async (stage) => {
  const { port } = await stage.site({ rows: fresh, server: 'assist_hook h.lua;',
    hooks: { 'h.lua': `return { name = "h", version = "1",
      request = function(ctx) ctx:reply(200, "mine") end,
      page = function(ctx) ctx:inject("body_end", "mine") end }` } });
  isPage(await at(port, ''));
  const got = await at(port, 'service/1.001456');
  assert.doesNotMatch(got.text, /mine/);
  assert.equal((await at(port, 'coverage.json')).json.quality.unmatched, 0);
});

test('without a catalogue there is nothing to measure', async (stage) => {
  const { port } = await stage.nginx({ http: `server {
    listen 127.0.0.1:{{port}}; location /assist-status/ { assist_status; } }` });
  const got = await at(port, '');
  assert.deepEqual([got.status, got.json.error.code], [404, 'no_catalogue']);
});
