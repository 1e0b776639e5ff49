-- How `assistants.finder` speaks, beside `assist.procedure_words`.

return {
  vi = {
    title = "Bạn cần thủ tục nào?",
    notice = "Gợi ý này do trợ lý AI lập tự động từ danh mục dịch vụ công và "
      .. "có thể có sai sót. Hãy kiểm tra ở trang của thủ tục.",
    one = "Thủ tục bạn cần có lẽ là",
    updated = "Danh mục cập nhật ngày %s.",
    near = "Thủ tục khác có thể phù hợp:",
    search = "Tìm dịch vụ công",
    button = "Tìm kiếm",
    own = "Xem kết quả tìm kiếm của cổng",
  },
  en = {
    title = "Which procedure do you need?",
    notice = "An AI assistant made this suggestion automatically from the "
      .. "catalogue of public services. It can be wrong: check it on the "
      .. "procedure's page.",
    one = "The procedure that you need is probably",
    updated = "Catalogue entry of %s.",
    near = "Other procedures that may fit:",
    search = "Find a public service",
    button = "Search",
    own = "See the portal's own results",
  },
}
