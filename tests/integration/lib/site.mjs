// A small portal's configuration and catalogue, which tests vary.

export const services = [
  {
    code: '1.001456', name: 'Cấp hộ chiếu phổ thông trong nước',
    name_en: 'Issue an ordinary passport', aliases: 'làm hộ chiếu;xin passport',
    agency_code: 'G01', agency: 'Bộ Công an', level: 'full',
    paths: '/dich-vu/1.001456.html /ho-chieu/',
    documents: '- Tờ khai TK01\n- Ảnh chân dung', fee: '200.000 đồng',
    time: '05 ngày làm việc', url: '/dich-vu/1.001456.html',
    updated: '2026-11-01',
  },
  {
    code: '1.001193', name: 'Đăng ký khai sinh', name_en: 'Register a birth',
    aliases: 'làm giấy khai sinh', agency_code: 'H29',
    agency: 'Sở Tư pháp', level: 'full', paths: '/khai-sinh/*/nop',
    documents: '- Giấy chứng sinh', fee: 'Miễn lệ phí', time: '01 ngày',
    url: '/khai-sinh', updated: '2026-11-01',
  },
  {
    code: '2.000815', name: 'Cấp bản sao trích lục hộ tịch',
    agency_code: 'H29', agency: 'Sở Tư pháp', level: 'partial',
    paths: '/khai-sinh/', documents: '', fee: '8.000 đồng', time: '',
    url: '', updated: '',
  },
];

const columns = ['code', 'name', 'name_en', 'aliases', 'agency_code', 'agency',
                 'province', 'case', 'level', 'field', 'state', 'essential',
                 'onprem', 'paths', 'documents', 'fee', 'time', 'where', 'contact', 'url',
                 'updated'];

const quoted = (value = '') => `"${String(value).replaceAll('"', '""')}"`;

// Rows as a CSV file with our own headers.
export const csv = (rows = services) =>
  [columns.join(','),
   ...rows.map((row) => columns.map((name) => quoted(row[name])).join(',')),
   ''].join('\n');

// The http block of a portal with all of the module switched on; each part
// adds directives to its level.
export const site = ({ http = '', server = '', page = '', chat = '',
                       zone = 'coverage:2m', flush = '50ms' } = {}) => `
assist_catalog catalog.csv;
assist_hook_path hooks;
assist_coverage_zone ${zone};
assist_coverage_log evidence.log flush=${flush};
${http}
server {
    listen 127.0.0.1:{{port}};
    assist on;
    ${server}
    location /assist/ { assist_chat; ${chat} }
    location /assist-status/ { assist_status; }
    location / {
        proxy_pass http://{{portal}};
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        ${page}
    }
}
# the same portal, as if the module were not there
server {
    listen 127.0.0.1:{{port plain}};
    location / {
        proxy_pass http://{{portal}};
        proxy_http_version 1.1;
        proxy_set_header Connection "";
    }
}
`;
