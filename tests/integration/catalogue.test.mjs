// From a request's path to its service, and the files that say so.

import { assert, csv, get, services, site, test, until } from './harness.mjs';

// The service that each path is taken for, as the access log has it.
const naming = `log_format service '$request_uri $assist_service@$assist_agency';`;

async function served(stage, { port }, paths) {
  const lines = () => stage.read('access.log').split('\n').slice(0, -1);
  const before = lines().length;
  for (const path of paths) await get(port, path);
  // a line is written after its response
  await until(() => lines().length === before + paths.length, 'all are logged');
  return lines().map((line) => line.split(' ')[1]);
}

const logged = { http: naming, server: 'access_log {{dir}}/access.log service;' };

test('a path is exact, a prefix, or has one star; the longest wins',
  async (stage) => {
    const row = (code, paths) => ({ code, name: `Thủ tục ${code}`, paths });
    const rows = [row('1.000001', '/a/exact'), row('1.000002', '/a/'),
                  row('1.000003', '/a/*/form'), row('1.000004', '/a/b/c/'),
                  row('1.000005', '/a/b/*'), row('1.000006', '/khai%20sinh')];
    const at = await stage.site({ rows, ...logged });
    const expected = {
      '/a/exact': '1.000001', '/a/exact/': '1.000002', '/a/other': '1.000002',
      '/a': '1.000002', '/ab': '-', '/a/x/form': '1.000003',
      '/a/x/y/form': '1.000002', '/a/b/c/d/e': '1.000004',
      '/a/b/c': '1.000005', '/a/b/z': '1.000005', '/a/b/form': '1.000005',
      '/khai%20sinh': '1.000006', '/': '-', '/a/exact?x=1': '1.000001',
      '/A/exact': '-', '/a//exact': '1.000001', '/z/../a/exact': '1.000001',
    };
    const found = await served(stage, at, Object.keys(expected));
    assert.deepEqual(
      Object.fromEntries(Object.keys(expected).map((p, i) => [p, found[i]])),
      Object.fromEntries(Object.entries(expected).map(
        ([p, code]) => [p, `${code}@-`])));
  });

test('assist_service wins over paths; without a value the path counts',
  async (stage) => {
    const at = await stage.site({ ...logged,
      page: 'assist_service $arg_service;' });
    assert.deepEqual(await served(stage, at, [
      '/dich-vu/1.001456.html', '/dich-vu/1.001456.html?service=1.001193',
      '/dich-vu/1.001456.html?service=1.001193@H29',
      '/dich-vu/1.001456.html?service=1.001193@G01',
      '/dich-vu/1.001456.html?service=unknown', '/other?service=2.000815',
    ]), ['1.001456@G01', '1.001193@H29', '1.001193@H29', '-@-', '-@-',
         '2.000815@H29']);
  });

test('assist_service in a location below overrides the server\'s',
  async (stage) => {
    const at = await stage.site({ ...logged,
      server: `${logged.server} assist_service 1.001456;
               location /births/ { assist_service 1.001193;
                                   proxy_pass http://{{portal}}; }` });
    assert.deepEqual(await served(stage, at, ['/x', '/births/x']),
                     ['1.001456@G01', '1.001193@H29']);
  });

test('a code at several agencies needs the agency', async (stage) => {
  const rows = ['H29', 'H55'].map((agency_code) => ({
    ...services[0], agency_code, agency: agency_code, paths: '' }));
  const at = await stage.site({ rows, ...logged,
    page: 'assist_service $arg_service;' });
  assert.deepEqual(await served(stage, at, [
    '/?service=1.001456@H55', '/?service=1.001456@H29', '/?service=1.001456',
  ]), ['1.001456@H55', '1.001456@H29', '-@-']);
});

test('the national portal\'s export, with BOM and CRLF', async (stage) => {
  const at = await stage.site({ ...logged, page: 'assist_service $arg_s;' });
  stage.write('catalog.csv', [
    '\ufeffSTT,MaTTHC,TenTTHC,MaDVC,TenDVC,TenCQTH,MaCQTH,MucDo,TrangThai,LinhVuc,CapThucHien,URL',
    '1, 1.001456,"Cấp hộ chiếu, phổ thông",,,Bộ Công an,G01,Toàn trình,Công khai,Xuất nhập cảnh,Bộ,https://example.vn/1',
    '2,1.001193.000.00.00.H29,Đăng ký khai sinh,,,Sở Tư pháp,H29,3,Công khai,Hộ tịch,Xã,',
    '',
  ].join('\r\n'));
  await at.nginx.reload();
  assert.deepEqual(await served(stage, at, ['/?s=1.001456', '/?s=1.001193']),
                   ['1.001456@G01', '1.001193@H29']);
  const { json } = await get(at.port, '/assist-status/services.json');
  assert.deepEqual(
    json.services.map(({ code, name, level }) => [code, name, level]),
    [['1.001456', 'Cấp hộ chiếu, phổ thông', 'full'],
     ['1.001193', 'Đăng ký khai sinh', 'partial']]);
});

test('oddities are warnings with their number and first line',
  async (stage) => {
    stage.write('catalog.csv', [
      'code,name,agency_code,level,paths,colour',
      '1.0133611,A,H29,full,/a,red',
      '1.0133612,B,H29,full,/a,red',
      '1.000003,"C\n  c",H29,full,/c,red',
      '1.000004,D,H29,full,,red',
      '1.000004,D,H29,full,,red',
      '1.000005,E,H29,full,,red',
      '1.000005,E,H29,partial,,red', '',
    ].join('\n'));
    const { code, stderr } = await stage.check(site(),
                                               { portal: '127.0.0.1:9' });
    assert.equal(code, 0, stderr);
    for (const words of [
      '2 codes are not of the form d.dddddd: kept as they stand (the first in line 2)',
      '1 names have stray blanks or line ends: cleaned (the first in line 4)',
      '1 rows repeat a code, agency, case and level (the first in line 7)',
      '1 rows give a code, agency and case another level: unknown (the first in line 9)',
      '1 paths are claimed by two services: the first row has them (the first in line 3)',
      '1 columns are not known: ignored (the first in line 1)',
    ]) assert.ok(stderr.includes(words), `${words}\nnot in\n${stderr}`);
    assert.equal(stderr.match(/\[warn\]/g).length, 6, stderr);
  });

test('a clean catalogue has no warning', async (stage) => {
  stage.write('catalog.csv', csv());
  const { stderr } = await stage.check(site(), { portal: '127.0.0.1:9' });
  assert.doesNotMatch(stderr, /\[warn\]/);
});

test('testing and internal rows are not in the figure', async (stage) => {
  const { port } = await stage.site({ rows: [
    services[0], { ...services[1], state: 'testing' },
    { ...services[2], state: 'internal' }] });
  const { json } = await get(port, '/assist-status/services.json');
  assert.deepEqual(json.services.map((row) => row.code), ['1.001456']);
});
