-- How `assistants.finder` speaks, beside `assist.procedure_words`.

return {
  vi = {
    title = "Bạn cần thủ tục nào?",
    one = "Thủ tục bạn cần có lẽ là",
    updated = "Danh mục cập nhật ngày %s.",
    near = "Thủ tục khác có thể phù hợp:",
    search = "Tìm dịch vụ công",
    button = "Tìm kiếm",
    own = "Xem kết quả tìm kiếm của cổng",
  },
  en = {
    title = "Which procedure do you need?",
    one = "The procedure that you need is probably",
    updated = "Catalogue entry of %s.",
    near = "Other procedures that may fit:",
    search = "Find a public service",
    button = "Search",
    own = "See the portal's own results",
  },
}
