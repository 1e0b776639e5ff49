-- Puts a panel at the end of each page.
local assist = require "assist"

local panel = assist.html '<p class="panel">AI: Tờ khai, ảnh, căn cước.</p>'

return {
  name = "inject",
  version = "1.0",
  page = function(ctx)
    ctx:inject("body_end", panel)
  end,
}
