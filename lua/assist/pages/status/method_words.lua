-- The method in Vietnamese.  coverage.json has the English words; a rule that
-- changes there changes here.

local words = {
  order = { "formula", "denominator", "counting", "period", "exclusions",
            "split", "range", "ledger", "target", "trajectory", "forecast",
            "register", "roadmap" },
  thresholds = { "l2.knowledge_days", "l3.interactions", "l3.days",
                 "l4.interactions", "l4.answered", "l4.sourced", "l4.negative",
                 "l4.latency" },
}

words.vi = {
  formula = "Quyết định 2259/QĐ-BTTTT (2022): số dịch vụ toàn trình có AI hỗ "
    .. "trợ người dùng, chia cho tổng số dịch vụ toàn trình. Công thức tính "
    .. "việc có, không tính mức độ dùng, nên tử số chính thức là L2 (đã triển "
    .. "khai); L3 và L4 in kèm.",

  denominator = "Dịch vụ (mã thủ tục tại một cơ quan) có dòng đã công bố, còn "
    .. "hiệu lực vào ngày của số liệu, và ở mức toàn trình (thông tin, nộp và "
    .. "giải quyết đều trực tuyến; Nghị định 42/2022, từ 01/7/2026 là Nghị "
    .. "định 224/2026). Nhiều trường hợp chỉ tính một lần, ở mức cao nhất. "
    .. "Các dòng của cùng một trường hợp mâu thuẫn thì mức là chưa rõ: dịch "
    .. "vụ đó nằm ngoài mẫu số, và nằm trong denominator_max nếu có dòng ghi "
    .. "toàn trình. Mẫu số bằng không thì tỷ lệ là “–”, không bao giờ là 0 %.",

  counting = "Chỉ tiêu đếm theo thủ tục x cơ quan. Khi đếm theo thủ tục, một "
    .. "mã là một thủ tục, thuộc mẫu số nếu có một dịch vụ toàn trình; “ít "
    .. "nhất một cơ quan”: một trong số đó đạt mức; “mọi cơ quan”: tất cả đều "
    .. "đạt.",

  period = "Tháng dương lịch, giờ địa phương. Mỗi mức xét theo tháng tốt hơn "
    .. "trong hai tháng: tháng này và tháng trước; mỗi mức xét riêng, không "
    .. "mức nào đòi mức nào.",

  exclusions = "Lưu lượng bị loại trừ (máy, công cụ giám sát, cán bộ) không "
    .. "phải sử dụng thật. Khi có dòng bằng chứng bị mất, L3 và L4 là cận "
    .. "dưới.",

  split = "L3 và L4 theo mô hình hay danh mục chỉ tính lượt tương tác, trả "
    .. "lời và số ngày của bên đó (nguồn, đánh giá và độ trễ là của cả dịch "
    .. "vụ), nên cộng lại không nhất thiết bằng tổng. Dịch vụ ở L2 thuộc mô "
    .. "hình khi mô hình ngôn ngữ đã trả lời trong kỳ, nếu không thì thuộc "
    .. "danh mục; hai số này cộng lại bằng tổng.",

  range = "Khoảng dao động: tỷ lệ khi tính các dịch vụ chưa rõ mức mà có thể "
    .. "là toàn trình vào mẫu số, trừ những dịch vụ đã ở L2, hoặc chỉ tính "
    .. "những dịch vụ này.",

  ledger = "Bộ đếm được ghi mỗi giây và chỉ tăng: số liệu là hợp của mọi đợt "
    .. "ghi ở mọi máy, không đợt nào tính hai lần (quality.ledger; không có "
    .. "tệp trạng thái và Redis thì mục này trống, và số liệu là của riêng "
    .. "máy này từ khi khởi động). Đợt còn mở vẫn đang đếm, hoặc vừa dừng "
    .. "trong vài phút qua mà chưa báo; đợt dở dang (died) đã dừng cùng máy: "
    .. "phần đếm sau lần ghi cuối, tối đa một giây, có thể thiếu. Chất lượng "
    .. "dữ liệu tính cho tháng này và tháng trước.",

  target = "Mốc là dữ liệu có ngày (assist_targets); không có tệp thì theo "
    .. "Quyết định 699/QĐ-BTTTT (03/5/2024): 30 % dịch vụ toàn trình đến "
    .. "31/12/2024, 100 % đến 31/12/2030. Mốc đã qua là đạt hay không đạt "
    .. "theo số liệu của tháng đó; không có số liệu thì là chưa đo được, và "
    .. "không điền bù về sau.",

  trajectory = "Giữa hai mốc, mục tiêu là đường thẳng theo ngày, ví dụ 30 + "
    .. "70 * (ngày - 31/12/2024) / (31/12/2030 - 31/12/2024): nội suy của "
    .. "phần mềm, không phải quy định. Trước mốc đầu thì lấy mốc đầu. Số còn "
    .. "thiếu hôm nay: làm tròn lên (mục tiêu x mẫu số) trừ tử số; cần mỗi "
    .. "tháng: số còn thiếu đến mốc kế tiếp chia cho số tháng trọn còn lại.",

  forecast = "Tốc độ (dịch vụ mỗi tháng) từ tháng cũ nhất trong 6 tháng gần "
    .. "đây đã khóa sổ đến hôm nay, kéo dài đến mốc kế tiếp; không có tháng "
    .. "nào như vậy thì không dự báo.",

  register = "Đô thị, cán bộ và cơ quan mở dữ liệu được chứng minh bằng văn "
    .. "bản có ngày (assist_register): mỗi đô thị, mỗi cơ quan tính một lần, "
    .. "số người là tổng của các văn bản. Mốc đã qua xét theo văn bản có đến "
    .. "ngày đó.",

  roadmap = "Nhiệm vụ quá hạn khi đã qua thời hạn mà một dịch vụ thuộc nhiệm "
    .. "vụ chưa ở L2: với nhiệm vụ của thủ tục hay cơ quan thì xét các dịch "
    .. "vụ toàn trình. Nên làm tiếp là các dịch vụ toàn trình chưa ở L2, "
    .. "thiết yếu trước, rồi theo lượt xem và tương tác của hai tháng.",

  levels = {
    L1 = function()
      return "Có nhiệm vụ với đơn vị chủ trì và thời hạn, cho dịch vụ, thủ "
        .. "tục hoặc cơ quan."
    end,
    L2 = function(limits, page)
      return ("Trong kỳ đã hiển thị cho người dùng (có trợ lý và có thông báo "
        .. "AI), và kiến thức về dịch vụ cập nhật không quá %s ngày; không có "
        .. "ngày cập nhật thì không đạt."):format(
        page:count(limits["l2.knowledge_days"]))
    end,
    L3 = function(limits, page)
      return ("Ít nhất %s lượt được trả lời trong ít nhất %s ngày, không kể "
        .. "lưu lượng bị loại trừ."):format(
        page:count(limits["l3.interactions"]), page:count(limits["l3.days"]))
    end,
    L4 = function(limits, page)
      return ("Ít nhất %s lượt tương tác, tỷ lệ được trả lời ít nhất %s, tỷ "
        .. "lệ trả lời có nguồn ít nhất %s, tỷ lệ đánh giá không hữu ích "
        .. "nhiều nhất %s (không ai đánh giá: đạt), và độ trễ ở phân vị 95, "
        .. "lấy cận của khoảng, nhiều nhất %s ms."):format(
        page:count(limits["l4.interactions"]),
        page:percent(limits["l4.answered"] * 100),
        page:percent(limits["l4.sourced"] * 100),
        page:percent(limits["l4.negative"] * 100),
        page:count(limits["l4.latency"]))
    end,
  },
}

return words
