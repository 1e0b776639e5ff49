/*
 * The assistant on a portal's pages: <assist-widget>, a button that opens a
 * panel to ask in.
 *
 *   <assist-widget service="1.001456" agency="G01" lang="vi">
 *     <a href="/assist/?service=1.001456&amp;agency=G01">Hỏi về dịch vụ này</a>
 *   </assist-widget>
 *   <script src="/assist/widget.js" defer></script>
 *
 * The link is what browsers without JavaScript have.  A page that has the
 * script alone gets the element at its end; then data-service, data-agency and
 * data-lang of the script stand for the attributes.
 *
 * Whatever comes from a server is put into the page as text, never as markup;
 * of a Content-Security-Policy it needs script-src (or its nonce) and
 * connect-src.
 */
(() => {
  'use strict';

  const script = document.currentScript;
  const base = new URL('.', script.src);
  const keep = `assist:${base.pathname}`;   // in sessionStorage: this tab only
  const TURNS = 20;

  const words = {
    vi: {
      open: 'Hỏi trợ lý AI', openService: 'Hỏi về dịch vụ này',
      title: 'Trợ lý dịch vụ công', close: 'Đóng', language: 'English',
      log: 'Hội thoại', question: 'Câu hỏi của bạn', ask: 'Hỏi',
      privacy: 'Đừng nhập số căn cước, số điện thoại hay thông tin riêng khác.',
      notice: 'Lưu ý về AI.',
      disclosure: 'Câu trả lời do trợ lý AI tạo tự động và có thể có sai sót.',
      you: 'Bạn hỏi', answer: 'Trợ lý AI trả lời', sources: 'Nguồn',
      updated: 'cập nhật', undated: 'chưa rõ ngày cập nhật',
      choose: 'Chọn thủ tục', person: 'Cần gặp người hỗ trợ?',
      agency: 'Liên hệ cơ quan thực hiện:',
      useful: 'Câu trả lời có hữu ích không?', yes: 'Có', no: 'Không',
      thanks: 'Cảm ơn bạn đã góp ý.',
      voteFailed: 'Chưa gửi được góp ý. Hãy thử lại sau.',
      thinking: 'Trợ lý đang trả lời…', done: 'Đã có câu trả lời.',
      here: 'Câu hỏi về dịch vụ này', goAny: 'Hỏi thủ tục khác',
      goHere: 'Hỏi dịch vụ này', page: 'Mở trang trợ lý',
      forget: 'Xóa hội thoại',
      offline: 'Không kết nối được. Hãy kiểm tra mạng rồi bấm “Hỏi” lần nữa.',
      busy: 'Trợ lý đang bận. Hãy đợi một phút rồi bấm “Hỏi” lần nữa.',
      failed: 'Trợ lý đang gặp sự cố. Hãy thử lại sau ít phút, hoặc liên hệ cơ '
        + 'quan thực hiện.',
      question_missing: 'Bạn chưa nhập câu hỏi. Hãy viết câu hỏi rồi bấm “Hỏi”.',
      question_too_long: 'Câu hỏi quá dài. Hãy rút gọn còn vài câu rồi hỏi lại.',
      unknown_service: 'Thủ tục này không có trong danh mục. Hãy bấm “Hỏi thủ '
        + 'tục khác”.',
    },
    en: {
      open: 'Ask the AI assistant', openService: 'Ask about this service',
      title: 'Public services assistant', close: 'Close',
      language: 'Tiếng Việt', log: 'Conversation', question: 'Your question',
      ask: 'Ask',
      privacy: 'Do not enter your identity number, phone number or other '
        + 'private data.',
      notice: 'About AI.',
      disclosure: 'Answers are produced automatically by an AI assistant and '
        + 'can be wrong.',
      you: 'You asked', answer: 'The AI assistant answered', sources: 'Sources',
      updated: 'updated', undated: 'date of update not known',
      choose: 'Choose a procedure', person: 'Do you need a person?',
      agency: 'Contact the agency:',
      useful: 'Was this answer useful?', yes: 'Yes', no: 'No',
      thanks: 'Thank you for telling us.',
      voteFailed: 'This could not be sent. Please try again later.',
      thinking: 'The assistant is answering…', done: 'The answer is there.',
      here: 'Your question about this service', goAny: 'Ask about others',
      goHere: 'Ask about this one', page: 'Open the assistant’s page',
      forget: 'Delete the conversation',
      offline: 'There is no connection. Check the network and press “Ask” again.',
      busy: 'The assistant is busy. Wait a minute and press “Ask” again.',
      failed: 'The assistant is having trouble. Try again in a few minutes, or '
        + 'contact the agency.',
      question_missing: 'There was no question. Write one, then press “Ask”.',
      question_too_long: 'The question is too long. Shorten it to a few '
        + 'sentences and ask again.',
      unknown_service: 'This procedure is not in the catalogue. Press “Ask '
        + 'about others”.',
    },
  };
  for (const text of Object.values(words)) {
    text.body_too_large = text.question_too_long;
  }

  // An element: attributes, on* listeners, children (strings are text).
  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
      else if (value === true) element.setAttribute(name, '');
      else if (value !== false && value != null) {
        element.setAttribute(name, value);
      }
    }
    element.append(...children.filter((child) => child != null));
    return element;
  }

  // Links lead to the portal or the web, never to a script.
  const isLink = (url) => typeof url === 'string'
    && /^(https?:\/\/|\/(?![/\\]))/i.test(url);

  const date = (text) => String(text).replace(/^(\d+)-(\d+)-(\d+)$/, '$3/$2/$1');

  // The events of a text/event-stream: { event, data }.
  async function* events(body) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    for (;;) {
      const { value, done } = await reader.read();
      rest += done ? '\n\n' : value;
      const parts = rest.split(/\r?\n\r?\n/);
      rest = parts.pop();
      for (const part of parts) {
        const event = { event: 'message', data: [] };
        for (const line of part.split(/\r?\n/)) {
          const [, name, text] = /^(\w*): ?(.*)$/.exec(line) ?? [];
          if (name === 'event') event.event = text;
          else if (name === 'data') event.data.push(text);
        }
        if (event.data.length) yield { ...event, data: event.data.join('\n') };
      }
      if (done) return;
    }
  }

  class Failure extends Error {
    constructor(code) { super(code); this.code = code; }
  }

  // Asks; gives the answer as the JSON document, and its text as it comes.
  async function ask(question, onText) {
    let res;
    try {
      res = await fetch(new URL('ask', base), {
        method: 'POST', credentials: 'same-origin',
        headers: { 'Content-Type': 'application/json',
                   Accept: 'text/event-stream, application/json;q=0.9' },
        body: JSON.stringify(question),
      });
    } catch {
      throw new Failure('offline');
    }
    try {
      const type = res.headers.get('Content-Type') ?? '';
      if (!type.startsWith('text/event-stream')) {
        return checked(await res.json(), res.status);
      }
      for await (const { event, data } of events(res.body)) {
        const json = JSON.parse(data);
        if (event === 'delta') onText(json.text);
        else if (event === 'answer' || event === 'error') {
          return checked(json, res.status);
        }
      }
    } catch (error) {
      if (error instanceof Failure) throw error;
    }
    // cut in the middle, or none of our documents
    throw new Failure(res.status === 429 || res.status === 503 ? 'busy'
                                                               : 'failed');
  }

  function checked(json, status) {
    if (typeof json.answer === 'string') return json;
    throw new Failure(json.error?.code
                      ?? (status === 429 || status === 503 ? 'busy' : 'failed'));
  }

  class Widget extends HTMLElement {
    #root;
    #state = { turns: [], open: false, lang: '', any: false };
    #disclosures = {};
    #busy = false;

    connectedCallback() {
      if (this.#root) return;
      this.#root = this.attachShadow({ mode: 'open' });
      this.#root.append(make('slot'));
      this.#load();
      this.#style();
    }

    // Until its style is there, the link stays.  Such a sheet is the script's
    // own, for which no style-src has to make room.
    async #style() {
      try {
        const res = await fetch(new URL('widget.css', base));
        if (!res.ok) return;
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(await res.text());
        this.#root.adoptedStyleSheets = [sheet];
      } catch { return; }
      this.#draw();
    }

    get #text() { return words[this.#state.lang]; }
    get #service() { return this.getAttribute('service') || ''; }

    #load() {
      try {
        Object.assign(this.#state, JSON.parse(sessionStorage.getItem(keep)));
      } catch { /* none, or not ours: a new conversation */ }
      if (!Array.isArray(this.#state.turns)) this.#state.turns = [];
      // where the panel would cover the page, it is opened by hand only
      if (matchMedia('(max-width: 30rem), (max-height: 30rem)').matches) {
        this.#state.open = false;
      }
      const page = this.lang || document.documentElement.lang;
      if (!words[this.#state.lang]) {
        this.#state.lang = /^en/i.test(page) ? 'en' : 'vi';
      }
    }

    #save() {
      this.#state.turns = this.#state.turns.slice(-TURNS);
      try {
        sessionStorage.setItem(keep, JSON.stringify(this.#state));
      } catch { /* full, or forbidden: kept for this page only */ }
    }

    #set(change) {
      Object.assign(this.#state, change);
      this.#save();
      this.#draw();
    }

    $(selector) { return this.#root.querySelector(selector); }

    // All of it, as the state has it; what was typed stays.
    #draw() {
      const typed = this.$('textarea')?.value ?? '';
      this.toggleAttribute('open', this.#state.open);
      this.#root.replaceChildren(this.#state.open ? this.#panel()
                                                  : this.#button());
      if (this.#state.open) {
        this.$('textarea').value = typed;
        this.#disclose();
        this.#end();
      }
    }

    #button() {
      const text = this.#text;
      return make('button', {
        class: 'open', type: 'button', lang: this.#state.lang,
        'aria-haspopup': 'dialog', 'aria-expanded': 'false',
        onclick: () => { this.#set({ open: true }); this.$('textarea').focus(); },
      }, this.#service ? text.openService : text.open);
    }

    #close() {
      this.#set({ open: false });
      this.$('.open').focus();
    }

    #panel() {
      const text = this.#text;
      const other = this.#state.lang === 'en' ? 'vi' : 'en';
      return make('section', {
        class: 'panel', role: 'dialog', 'aria-labelledby': 'title',
        lang: this.#state.lang,
        onkeydown: (event) => {
          if (event.key === 'Escape' && !event.isComposing) {
            event.stopPropagation();
            this.#close();
          }
        },
      },
      make('div', { class: 'top' },
        make('h2', { id: 'title' }, text.title),
        make('div', {},
          make('button', {
            class: 'plain language', type: 'button', lang: other,
            onclick: () => {
              this.#set({ lang: other });
              this.$('.language').focus();
            },
          }, text.language),
          make('button', { class: 'plain close', type: 'button',
                           onclick: () => this.#close() }, text.close))),
      make('p', { class: 'notice' }, make('strong', {}, text.notice), ' ',
        make('span', { class: 'disclosure' }, this.#disclosure())),
      make('div', { class: 'scroll', tabindex: '0', role: 'log',
                    'aria-label': text.log },
        ...this.#state.turns.map((turn) => this.#turn(turn))),
      make('p', { class: 'status', role: 'status' }),
      this.#form());
    }

    #form() {
      const text = this.#text;
      const { any, turns } = this.#state;
      return make('form', {
        class: 'ask',
        onsubmit: (event) => { event.preventDefault(); this.#submit(); },
      },
      make('div', { class: 'about-page' },
        make('label', { for: 'question' },
          this.#service && !any ? text.here : text.question),
        this.#service ? make('button', {
          class: 'plain', type: 'button',
          onclick: () => {
            this.#set({ any: !any });
            this.$('.about-page button').focus();
          },
        }, any ? text.goHere : text.goAny) : null),
      make('div', { class: 'row' },
        make('textarea', {
          id: 'question', rows: '2', maxlength: '1000',
          'aria-describedby': 'privacy',
          onkeydown: (event) => {
            if (event.key === 'Enter' && !event.shiftKey
                && !event.isComposing) {
              event.preventDefault();
              this.#submit();
            }
          },
        }),
        make('button', { class: 'main' }, text.ask)),
      make('p', { id: 'privacy', class: 'date' }, text.privacy),
      make('p', { class: 'date links' },
        make('a', { href: this.#page() }, text.page),
        make('button', {
          class: 'plain forget', type: 'button', hidden: !turns.length,
          onclick: () => {
            this.#set({ turns: [] });
            this.$('textarea').focus();
          },
        }, text.forget)));
    }

    // Below the assistant's address, of the same service: the page without
    // JavaScript, by default.
    #page(name = './') {
      const url = new URL(name, base);
      url.searchParams.set('lang', this.#state.lang);
      for (const name of ['service', 'agency']) {
        const value = this.getAttribute(name);
        if (value) url.searchParams.set(name, value);
      }
      return url;
    }

    #turn({ question, lang, reply, voted }) {
      const text = this.#text;
      const turn = make('article', { class: 'turn' },
        make('h3', { class: 'who' }, text.you),
        make('p', { class: 'text question' }, question),
        make('h3', { class: 'who' }, text.answer),
        make('div', { class: 'text reply', lang }, reply?.answer ?? ''));
      if (reply) turn.append(...this.#under(question, reply, voted));
      return turn;
    }

    // What stands under an answer.
    #under(question, reply, voted) {
      const text = this.#text;
      const parts = [];
      const { sources = [], services = [] } = reply;
      if (sources.length) {
        parts.push(make('h4', {}, text.sources),
          make('ul', { class: 'sources' }, ...sources.map((source) =>
            make('li', {},
              isLink(source.url)
                ? make('a', { href: source.url }, source.title || source.url)
                : String(source.title ?? ''),
              ' ', make('span', { class: 'date' }, source.updated
                ? `(${text.updated} ${date(source.updated)})`
                : `(${text.undated})`)))));
      }
      if (reply.outcome === 'clarification') {
        parts.push(make('h4', {}, text.choose),
          make('ul', { class: 'choice' }, ...services.map((service) =>
            make('li', {}, make('button', {
              class: 'plain', type: 'button',
              onclick: () => this.#ask(question, service),
            }, service.name, service.agency_name
              ? make('span', { class: 'date' }, ` (${service.agency_name})`)
              : null)))));
      } else if (services[0]?.contact || services[0]?.agency_name) {
        const [{ contact, agency_name: agency }] = services;
        parts.push(make('p', { class: 'person' },
          make('strong', {}, text.person), ' ',
          contact || `${text.agency} ${agency}.`));
      }
      if (reply.id) parts.push(this.#vote(reply.id, voted));
      return parts;
    }

    #vote(id, voted) {
      const text = this.#text;
      if (voted) return make('p', { class: 'vote' }, text.thanks);
      const button = (useful) => make('button', {
        type: 'button', 'aria-label': `${text.useful} ${useful ? text.yes
                                                               : text.no}`,
        onclick: (event) => this.#send(id, useful,
                                       event.target.closest('.vote')),
      }, useful ? text.yes : text.no);
      return make('div', { class: 'vote' }, make('p', {}, text.useful),
                  button(true), button(false));
    }

    async #send(id, useful, place) {
      let status = 0;
      try {
        ({ status } = await fetch(new URL('feedback', base), {
          method: 'POST', credentials: 'same-origin',
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify({ id, useful }),
        }));
      } catch { /* status 0 */ }
      // 409: it was voted on already, perhaps on another page
      if (status !== 200 && status !== 409) {
        this.#say(this.#text.voteFailed);
        return;
      }
      const turn = this.#state.turns.find(({ reply }) => reply.id === id);
      if (turn) turn.voted = true;
      this.#save();
      place.replaceWith(this.#vote(id, true));
      this.#say(this.#text.thanks);
      this.$('textarea').focus();
    }

    #submit() {
      const question = this.$('textarea').value.trim();
      if (!question) {
        this.#say(this.#text.question_missing);
        this.$('textarea').focus();
        return;
      }
      const here = this.#service && !this.#state.any;
      this.#ask(question, here ? { code: this.#service,
                                   agency: this.getAttribute('agency') } : null);
    }

    async #ask(question, service) {
      if (this.#busy) return;
      const { lang, turns } = this.#state;
      const asked = { question, lang };
      if (service) {
        asked.service = service.code;
        if (service.agency) asked.agency = service.agency;
      }
      // "and the fee?" stays with its service
      if (turns.length) asked.previous = turns.at(-1).reply.id;

      this.#busy = true;
      const turn = this.#turn({ question, lang });
      const log = this.$('.scroll');
      log.setAttribute('aria-busy', 'true');
      log.append(turn);
      this.#end();
      this.#say(this.#text.thinking);
      let text = '';
      try {
        const reply = await ask(asked, (more) => {
          text += more;
          turn.querySelector('.reply').textContent = text;
          this.#end();
        });
        this.#state.turns.push({ question, lang, reply });
        this.#save();
        this.#answered(turn, question, reply);
      } catch (error) {
        turn.remove();
        if (this.$('textarea')) this.$('textarea').value = question;
        this.#say(this.#text[error.code] ?? this.#text.failed);
      }
      this.$('.scroll')?.removeAttribute('aria-busy');
      this.#busy = false;
    }

    // The focus stays where it is; only what is new is added.
    #answered(turn, question, reply) {
      if (!this.#state.open) return;
      this.$('textarea').value = '';
      if (turn.isConnected) {
        turn.querySelector('.reply').textContent = reply.answer;
        turn.append(...this.#under(question, reply));
        this.$('.forget').hidden = false;
        this.#end();
      } else {
        this.#draw();               // it was drawn anew in the meantime
      }
      this.#say(this.#text.done);
    }

    #say(text) {
      const status = this.$('.status');
      if (status) status.textContent = text;
    }

    // The last turn's beginning comes into view.
    #end() {
      const log = this.$('.scroll');
      if (log?.lastChild) log.scrollTop = log.lastChild.offsetTop - 8;
    }

    #disclosure() {
      return this.#disclosures[this.#state.lang] ?? this.#text.disclosure;
    }

    // The administrator's own words for the notice, asked for once.
    async #disclose() {
      if (this.#disclosures.asked) return;
      this.#disclosures.asked = true;
      try {
        // with the service, for which it counts as shown
        const res = await fetch(this.#page('notice.json'));
        if (res.ok) Object.assign(this.#disclosures, await res.json());
      } catch { return; }
      const place = this.$('.disclosure');
      if (place) place.textContent = this.#disclosure();
    }
  }

  // The place of assistants/plain_language.lua: a summary, if there is one.
  class Summary extends HTMLElement {
    async connectedCallback() {
      let json;
      try {
        const res = await fetch(this.getAttribute('src'),
                                { credentials: 'same-origin' });
        if (res.status !== 200 || this.firstChild) return;
        json = await res.json();
      } catch { return; }
      const { lang, title, text, source } = json;
      const name = make('span', { lang: 'vi' }, source.title);
      this.append(make('section', { class: 'assist-summary', lang,
                                    'aria-label': title },
        make('h2', {}, title),
        make('p', { class: 'assist-notice' }, json['assist-notice']),
        make('p', {}, text),
        make('p', { class: 'assist-source' }, `${source.label}: `,
          isLink(source.url) ? make('a', { href: source.url }, name) : name,
          source.updated ? `, ${source.updated}` : null)));
    }
  }

  if (customElements.get('assist-widget')) return;
  customElements.define('assist-widget', Widget);
  customElements.define('assist-summary', Summary);

  const add = () => {
    if (document.querySelector('assist-widget')) return;
    const { service, agency, lang } = script.dataset;
    document.body.append(make('assist-widget', { service, agency, lang }));
  };
  if (document.readyState === 'loading') {
    document.addEventListener('DOMContentLoaded', add);
  } else {
    add();
  }
})();
