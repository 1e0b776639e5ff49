-- How `assistants.form_help` speaks.

return {
  vi = {
    title = "Biểu mẫu còn thiếu thông tin",
    notice = "Trợ giúp tự động: trang này do máy lập ra khi thấy ô bắt buộc "
      .. "còn trống. Hồ sơ chưa được gửi đi, và máy không lưu những gì "
      .. "bạn đã nhập.",
    missing = "Bạn chưa điền:",
    kept = "Những gì bạn đã nhập được giữ nguyên và sẽ được gửi cùng.",
    required = "%s (bắt buộc)",
    submit = "Gửi",
    anyway = "Gửi như đã nhập, không bổ sung",
  },
  en = {
    title = "The form is not complete",
    notice = "Automatic help: a program made this page because required fields "
      .. "are empty. Your form has not been sent yet, and the program keeps "
      .. "nothing of what you typed.",
    missing = "Still missing:",
    kept = "Everything that you typed is kept and will be sent with it.",
    required = "%s (required)",
    submit = "Send",
    anyway = "Send as it is, without adding anything",
  },
}
