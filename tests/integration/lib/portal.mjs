// The portal behind nginx: it answers with whole pages and remembers what it
// was asked.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';

const page = (url) => `<!doctype html>
<html lang="vi"><head><meta charset="utf-8"><title>${url}</title></head>
<body><h1>Cổng dịch vụ công</h1><p>${'Nội dung trang. '.repeat(200)}</p></body>
</html>
`;

export class Portal {
  constructor(respond) {
    this.requests = [];
    this.respond = respond ?? Portal.page;
    this.server = http.createServer((req, res) => this.#serve(req, res));
    this.server.keepAliveTimeout = 60000;
  }

  // /x.css is a style sheet, what contains "missing" is a 404; else a page.
  static page(request, res) {
    const css = request.url.endsWith('.css');
    const body = css ? 'body { margin: 0 }\n' : page(request.url);
    const etag = createHash('sha1').update(body).digest('hex');
    res.writeHead(request.url.includes('missing') ? 404 : 200, {
      'Content-Type': css ? 'text/css' : 'text/html; charset=utf-8',
      'Content-Length': Buffer.byteLength(body),
      'Last-Modified': 'Mon, 02 Nov 2026 08:00:00 GMT',
      'ETag': `"${etag}"`,
      'Set-Cookie': ['phien=1; Path=/', 'ngon_ngu=vi'],
      'X-Portal': 'cu',
    });
    res.end(body);
  }

  async start() {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return this;
  }

  get port() { return this.server.address().port; }
  get address() { return `127.0.0.1:${this.port}`; }

  async stop() {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close').catch(() => {});
  }

  async #serve(req, res) {
    const chunks = [];
    try {
      for await (const chunk of req) chunks.push(chunk);
    } catch {
      return;                                   // the client has gone
    }
    const request = { method: req.method, url: req.url, headers: req.headers,
                      body: Buffer.concat(chunks) };
    this.requests.push(request);
    this.respond(request, res);
  }
}
