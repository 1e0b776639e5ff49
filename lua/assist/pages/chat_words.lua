-- The words of the citizens' page, pages/chat.lua.

local words = {}

words.vi = {
  title = "Trợ lý dịch vụ công",
  about = "Hỏi về: %s",
  intro = "Hỏi về giấy tờ, lệ phí, thời hạn, nơi nộp hồ sơ của một thủ tục.",
  privacy = "Đừng nhập số căn cước, số điện thoại hay thông tin riêng khác.",
  notice = "Lưu ý về AI",
  question = "Câu hỏi của bạn",
  follow_up = "Hỏi tiếp",
  ask = "Hỏi",
  asked = "Bạn hỏi",
  answer = "Trả lời",
  sources = "Nguồn",
  updated = "cập nhật %s",
  undated = "chưa rõ ngày cập nhật",
  choose = "Chọn thủ tục",
  person = "Cần gặp người hỗ trợ?",
  agency = "Liên hệ cơ quan thực hiện: %s.",
  useful = "Câu trả lời có hữu ích không?",
  yes = "Có",
  no = "Không",
  thanks = "Cảm ơn bạn đã góp ý.",
  other = "Hỏi về thủ tục khác",
  switch = "English",
  problem = "Chưa trả lời được",
  errors = {
    question_missing = "Bạn chưa nhập câu hỏi. Hãy viết câu hỏi rồi bấm “Hỏi”.",
    question_too_long = "Câu hỏi quá dài. Hãy rút gọn còn vài câu rồi hỏi lại.",
    body_too_large = "Câu hỏi quá dài. Hãy rút gọn còn vài câu rồi hỏi lại.",
    unknown_service = "Thủ tục này không có trong danh mục. Hãy hỏi mà không "
      .. "chọn thủ tục.",
    other = "Yêu cầu không đọc được. Hãy hỏi lại bằng mẫu dưới đây.",
  },
  votes = {
    already_voted = "Bạn đã góp ý cho câu trả lời này rồi. Cảm ơn bạn.",
    unknown_id = "Câu trả lời này đã quá lâu để góp ý. Bạn có thể hỏi lại.",
  },
}

words.en = {
  title = "Public services assistant",
  about = "Ask about: %s",
  intro = "Ask about the documents, the fee, the time and the place of a "
    .. "procedure.",
  privacy = "Do not enter your identity number, phone number or other private "
    .. "data.",
  notice = "About AI",
  question = "Your question",
  follow_up = "Ask further",
  ask = "Ask",
  asked = "You asked",
  answer = "Answer",
  sources = "Sources",
  updated = "updated %s",
  undated = "date of update not known",
  choose = "Choose a procedure",
  person = "Do you need a person?",
  agency = "Contact the agency: %s.",
  useful = "Was this answer useful?",
  yes = "Yes",
  no = "No",
  thanks = "Thank you for telling us.",
  other = "Ask about another procedure",
  switch = "Tiếng Việt",
  problem = "There is no answer yet",
  errors = {
    question_missing = "There was no question. Write one, then press “Ask”.",
    question_too_long = "The question is too long. Shorten it to a few "
      .. "sentences and ask again.",
    body_too_large = "The question is too long. Shorten it to a few sentences "
      .. "and ask again.",
    unknown_service = "This procedure is not in the catalogue. Ask without "
      .. "choosing one.",
    other = "The request could not be read. Ask again with the form below.",
  },
  votes = {
    already_voted = "You have told us about this answer before. Thank you.",
    unknown_id = "This answer is too old to be voted on. You can ask again.",
  },
}

return words
