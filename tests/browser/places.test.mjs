// Places in pages as Chromium reads them: whatever the markup, what was put in
// changes nothing else of the page, and stands where it should, or nowhere.

import http from 'node:http';
import { assert, test } from './browser.mjs';

// A small generator of random numbers, so that a failure comes again.
function random(seed) {
  let x = seed >>> 0 || 1;
  return (n) => {
    x ^= x << 13; x >>>= 0;
    x ^= x >>> 17;
    x ^= x << 5; x >>>= 0;
    return x % n;
  };
}

const pieces = ['a', ' ', '\n', '&lt;/body>', '<p>', '</p>', '<div>', '</div>',
  '<b>', '</b>', '<a href="</body>">', '</a>', '<form><p>a</p></form>', '<ul>',
  '<li>', '</li>', '</ul>', '<table>', '<tr>', '<td>', '</td>', '</tr>',
  '</table>', '<!-- </body> -->', '<!-->', '<!--', '-->', '<script type=a>"</body>"',
  '<script type=a><!-- <script></body>', '</script>', '<style>a{}</body>', '</style>',
  '<textarea></body>', '</textarea>', '<title></body>', '</title>',
  '<template>', '</template>', '<svg><![CDATA[</body>]]><g id=x /></svg>',
  '<svg><foreignObject><p id=x></p></foreignObject></svg>', '<br>', '<hr>',
  '<math><mi id=x></body></mi></math>', '<img alt=\'</body>\'>',
  '<input value="<body>">', '<select><option id=x>a</select>',
  '<button>b</button>', '<h2>', '</h2>', '<iframe></body>',
  '</iframe>', '<xmp></body>', '</xmp>', '</body>', '</BODY >', '</html>',
  '<body class=b>', '<head>', '</head>', '<html lang=vi>', '<meta name=a>',
  '<link rel=a>', '<?xml </body>?>', '</ body>', '<1>', '<div/>', '<p/>',
  '<div id=x>', '<p id="x">', '<li id=x>', '<td id=x>', '<svg id=x></svg>',
  '<form id=x><b id=x>a</b></body></form>', '<img id=x>', '<h2 id=\'x\'>x</h2>', '<x-y id=x>', '</x-y>',
  '<noscript>', '</noscript>', '<dl>', '<dd>', '<dt>', '</dl>', '<object>',
  '</object>', '<details>', '<summary>', '</summary>', '</details>',
  '<textarea id=x></textarea>', '<div data-a=\'">\' b=<p> id = x >'];

function soup(next) {
  const some = (n) => Array.from({ length: next(n) },
    () => pieces[next(pieces.length)]).join('');
  const head = next(4) ? `<head>${next(3) ? '' : some(4)}</head>` : '';
  const open = next(4) ? '<body class=x>' : '';
  const close = ['</body></html>', '</BODY></HTML>\n', '</body>', '', '</html>'];
  return `<!doctype html>${next(3) ? '<html>' : ''}${head}${open}${some(16)}`
    + close[next(close.length)];
}

// What is wrong with a page that something was put into; in the browser.
function compare([was, got]) {
  const parse = (text) => {
    const frame = document.createElement('iframe');
    document.body.append(frame);
    const page = frame.contentDocument;
    page.open();
    page.write(text);
    page.close();
    frame.remove();
    return page;
  };
  // all of a document, or of a template
  const outline = (node, list = []) => {
    for (const child of (node.content?.childNodes ? node.content : node)
      .childNodes) {
      if (child.nodeType === 3) {
        list.push(child.data);
      } else if (child.nodeType === 1) {
        list.push(`<${child.localName}${[...child.attributes].map(
          ({ name, value }) => ` ${name}=${value}`).join('')}>`);
        outline(child, list);
        list.push('>');
      } else if (child.nodeType === 8) {
        list.push(`<!--${child.data}-->`);
      }
    }
    return list;
  };
  const [before, after] = [parse(was), parse(got)];
  const marks = [...after.querySelectorAll('.assist-mark')];
  const wrong = [];
  const count = got.split('assist-mark').length - 1;
  if (marks.length !== count) wrong.push(`${count} were put in, ${marks.length} are there`);
  for (const mark of marks) {
    const where = mark.getAttribute('data-where');
    // an <a> that is never closed goes on in a form, and takes it along
    if (!mark.parentNode.closest('a, b')
        && mark.parentNode.closest('form, svg, math, button, select')) {
      wrong.push(`${where} is in ${mark.parentNode.localName}`);
    }
  }
  for (const mark of marks) mark.remove();
  const [a, b] = [outline(before).join(''), outline(after).join('')];
  if (a !== b) wrong.push(`the page was\n${a}\nand is\n${b}`);
  return wrong;
}

// An element that neither closes another one nor is moved.
const mark = (where) => '<template class="assist-mark" '
  + `data-where="${where}"></template>`;

test('random markup: nothing else of the page changes', async (stage, open) => {
  const seed = Number(process.env.SEED ?? 20261127);
  const pages = Array.from({ length: Number(process.env.PAGES ?? 300) },
    (_, n) => soup(random(seed + 7919 * (n + 1))));
  const { port } = await stage.site({
    page: 'assist_hook h.lua;',
    hooks: { 'h.lua': `local html = require("assist").html
      return { page = function(ctx)
        for _, place in ipairs { "head_end", "body_start", "x", "body_end" } do
          ctx:inject(place, html('${mark('%s')}', place))
        end
      end }` },
    portal: ({ url }, res) => {
      res.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' });
      res.end(pages[url.slice(1)] ?? '');
    } });
  const agent = new http.Agent({ keepAlive: true });
  const got = (n) => new Promise((resolve, reject) => {
    http.get({ port, path: `/${n}`, agent, host: '127.0.0.1' }, (res) => {
      let text = '';
      res.setEncoding('utf8').on('data', (piece) => { text += piece; })
        .on('end', () => resolve(text));
    }).on('error', reject);
  });
  const page = await open();
  await page.goto('about:blank');
  await page.evaluate(`globalThis.compare = ${compare}`);
  const wrong = [];
  let marked = 0;
  for (let from = 0; from < pages.length; from += 100) {
    const pairs = [];
    for (let n = from; n < Math.min(from + 100, pages.length); n++) {
      pairs.push([pages[n], await got(n)]);
      marked += pairs.at(-1)[1].split('assist-mark').length - 1;
    }
    const found = await page.evaluate(
      (list) => list.map((pair) => globalThis.compare(pair)), pairs);
    found.forEach((why, i) => {
      if (why.length) wrong.push(`${from + i}: ${pairs[i][1]}\n${why.join('\n')}`);
    });
  }
  agent.destroy();
  assert.ok(marked > pages.length, 'most pages have places');
  assert.deepEqual(wrong.slice(0, 5), [], `seed ${seed}: ${wrong.length} pages`);
});
