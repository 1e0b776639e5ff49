-- What `assistants.procedures` listens for and how it speaks.

local words = {}

-- A topic is a catalogue column and the folded phrases that ask for it.  The
-- blanks keep "phi" from being found in "phieu".
words.topics = {
  {
    column = "documents",
    phrases = {
      " giay to ", " ho so gi", " ho so nao", " ho so gom", " thanh phan ho so",
      " can gi ", " can nhung gi", " chuan bi gi", " chuan bi nhung", " mang gi",
      " mang theo", " can mang", " nop gi", " giay gi", " to khai",
      " document", " paper", " what do i need", " bring", " required", " form ",
    },
  },
  {
    column = "fee",
    phrases = {
      " le phi", " phi ", " bao nhieu tien", " may tien", " ton tien",
      " ton bao nhieu", " het bao nhieu", " gia bao nhieu", " chi phi",
      " mat tien", " mat bao nhieu tien", " mien phi", " dong bao nhieu",
      " bao nhieu ", " fee", " cost", " how much", " price", " free ",
    },
  },
  {
    column = "time",
    phrases = {
      " bao lau", " may ngay", " bao nhieu ngay", " thoi han", " thoi gian",
      " khi nao", " bao gio", " mat may", " lau khong", " ngay nao",
      " how long", " how many days", " when ", " processing time", " take ",
    },
  },
  {
    column = "where",
    phrases = {
      " o dau", " noi nao", " cho nao", " den dau", " nop dau", " co quan nao",
      " dia diem", " dia chi", " lam o ", " nop o ", " truc tuyen", " online",
      " qua mang", " cach thuc", " cach nao", " the nao", " nhu nao", " ra sao",
      " lam sao", " where", " which office", " how do i apply", " how to apply",
      " how can i apply",
    },
  },
  {
    column = "contact",
    phrases = {
      " lien he", " so dien thoai", " duong day nong", " hotline", " gap ai",
      " hoi ai", " can bo", " contact", " phone", " call ", " talk to",
    },
  },
}

words.vi = {
  heading = "Thủ tục: %s",
  documents = "Giấy tờ cần có",
  fee = "Lệ phí",
  time = "Thời hạn giải quyết",
  where = "Nơi và cách thực hiện",
  contact = "Liên hệ",
  missing = "Danh mục chưa có thông tin về: %s. Xin xem trang của thủ tục hoặc "
    .. "hỏi cơ quan thực hiện.",
  which = "Có nhiều thủ tục phù hợp. Bạn cần thủ tục nào?",
  instruction = "Bạn là trợ lý của cổng dịch vụ công. Trả lời bằng tiếng Việt, "
    .. "ngắn gọn, dễ hiểu, chỉ dựa vào các đoạn trích được cung cấp; không đoán. "
    .. "Sau mỗi ý, ghi số của đoạn trích làm nguồn trong ngoặc vuông, ví dụ [1]. "
    .. "Nếu đoạn trích không có thông tin, hãy nói là không có. Không dùng HTML "
    .. "hay Markdown. Giữ nguyên các mã trong ngoặc vuông.",
  ungrounded = "Câu trả lời trên không dẫn nguồn. Thông tin trong danh mục:",
  budget = "Trợ lý đã dùng hết hạn mức của hôm nay cho thủ tục này. Xin xem trang "
    .. "của thủ tục, hoặc hỏi lại vào ngày mai.",
  none = "Tôi chưa tìm thấy thủ tục nào phù hợp với câu hỏi này trong danh mục "
    .. "dịch vụ công. Hãy nêu tên thủ tục, ví dụ “cấp hộ chiếu cần giấy tờ gì”.",
  level = {
    full = "Mức độ: dịch vụ công trực tuyến toàn trình.",
    partial = "Mức độ: dịch vụ công trực tuyến một phần.",
    info = "Mức độ: cung cấp thông tin.",
    unknown = "Mức độ: chưa xác định.",
  },
  level_name = {
    full = "toàn trình",
    partial = "một phần",
    info = "cung cấp thông tin",
    unknown = "chưa rõ mức độ",
  },
}

words.en = {
  heading = "Procedure: %s",
  documents = "Documents",
  fee = "Fee",
  time = "Time",
  where = "Where and how",
  contact = "Contact",
  missing = "The catalogue has nothing on: %s. Please see the procedure's page "
    .. "or ask the agency.",
  which = "Several procedures fit. Which one do you need?",
  instruction = "You are the assistant of a public services portal. Answer in "
    .. "English, briefly and plainly, from the given passages only; never guess. "
    .. "After each statement give the number of the passage it comes from in "
    .. "square brackets, such as [1]. If the passages do not say it, say so. Use "
    .. "neither HTML nor Markdown. Leave codes in square brackets as "
    .. "they are.",
  ungrounded = "The answer above names no source. The catalogue says:",
  budget = "The assistant has used up today's allowance for this procedure. "
    .. "Please see the procedure's page, or ask again tomorrow.",
  none = "I found no procedure in the catalogue that fits this question. Please "
    .. "name it, for example “which documents do I need for a passport”.",
  level = {
    full = "Level: fully online.",
    partial = "Level: partly online.",
    info = "Level: information only.",
    unknown = "Level: not known.",
  },
  level_name = {
    full = "fully online",
    partial = "partly online",
    info = "information only",
    unknown = "level not known",
  },
}

return words
